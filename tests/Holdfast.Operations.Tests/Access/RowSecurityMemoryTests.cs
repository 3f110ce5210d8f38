using System.Text.Json;
using Holdfast.Operations.Access;
using Holdfast.Operations.Monitoring;
using Holdfast.Operations.Verification;
using Holdfast.Providers.Configuration;
using Holdfast.Relay.Digests;
using Holdfast.Stores.Postgres;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>The product as the roles that <c>access apply --row-security</c> makes: two tenants in two providers that keep them apart.</summary>
public sealed class RowSecurityMemoryTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task two_tenants_do_all_that_they_can_on_two_providers_and_see_nothing_of_each_other(PostgresVersion version)
    {
        using var first = await AccessDatabase.AppliedAsync(version, rowSecurity: true);
        using var second = await AccessDatabase.CreateAsync(version, schema: first.Schema);
        await second.Control.ApplyAsync(new AccessOptions(RowSecurity: true), null, default);
        foreach (var (tenant, word) in new[] { ("acme", "train"), ("globex", "ferry") })
        {
            // Each alone, and at one provider alone: the other has to get it from the relay.
            await using var memory = await AgentMemory.OpenAsync(await OptionsAsync(first, second, tenant, tenant == "acme" ? [0] : [1]));
            await UseAsync(memory, word);
        }
        await using (var acme = await AgentMemory.OpenAsync(await OptionsAsync(first, second, "acme", [0, 1])))
        await using (var globex = await AgentMemory.OpenAsync(await OptionsAsync(first, second, "globex", [0, 1])))
        {
            foreach (var database in (AccessDatabase[])[first, second])
                await Wait.UntilAsync(async () => await database.ScalarAsync<long>("select count(distinct tenant_id) from {s}.session_memories where content is not null") == 2
                    && await database.ScalarAsync<long>("select count(distinct tenant_id) from {s}.settings") == 2, "the relay brings both tenants' rows");
            Assert.Single(await acme.RecallAsync("train"));
            Assert.Empty(await acme.RecallAsync("ferry"));
            Assert.Empty(await globex.RecallAsync("train"));
            Assert.Equal("globex's", (await globex.Settings.GetAsync("llm", "model"))!.Value.GetString()!.Replace("ferry", "globex's", StringComparison.Ordinal));
            Assert.Equal("train", (await acme.Settings.GetAsync("llm", "model"))!.Value.GetString());
            // Both have a user of this name; one is forgotten, everywhere.
            await Wait.UntilAsync(() => acme.Relay!.Links.All(link => link.CanRun), "both providers are reached");
            var receipt = await acme.ForgetUserAsync("maria");
            Assert.All(receipt.Stores, store => Assert.NotEqual(ForgetState.Waiting, store.State));
            await Wait.UntilAsync(async () => (await acme.ForgetUserAsync("maria")).Stores is { Count: >= 2 } stores && stores.All(store => store.State == ForgetState.Emptied), "both are emptied");
            Assert.Empty(await acme.RecallAsync("train"));
            Assert.Single(await globex.RecallAsync("ferry"));
            foreach (var database in (AccessDatabase[])[first, second])
                await Wait.UntilAsync(async () => await database.ScalarAsync<long>("select count(*) from {s}.erasure_sweeps") == 0, "the erasures of both tenants are swept");
        }
        var options = await OptionsAsync(first, second, "acme", [0, 1]);
        await using (var reached = await ReachedStores.OpenAsync(options.Providers, options, Never))
        {
            Assert.Empty(reached.Unreached);
            var report = await new StoreComparison(reached.Stores, new ComparisonOptions { Deep = true, Patience = TimeSpan.FromSeconds(5) }).RunAsync(Never);
            Assert.True(report.IsEqual);
            var rows = await first.ScalarAsync<long>("select count(*) from {s}.session_memories");
            Assert.All(report.Providers, provider => Assert.True(provider.Rows >= rows));
            var status = await new StatusGatherer(options, [.. options.Providers]).GatherAsync(withTables: true, Never);
            Assert.Equal([rows, rows], status.Tables.Single(table => table.Name == "session_memories").Rows.Values.Select(count => count!.Value));
        }
        var verified = await new Verifier(new HoldfastConfiguration(options, [], [], []), TimeProvider.System) { CutFor = TimeSpan.FromSeconds(1) }.RunAsync(_ => { }, default);
        Assert.True(verified.IsWell, string.Join('\n', verified.Tests.Where(test => test.State == TestState.Failed)));
        await SeesOnlyItsOwnBySqlAsync(first);
        foreach (var database in (AccessDatabase[])[first, second])
        {
            var matrix = await database.Control.VerifyAsync(new AccessOptions(RowSecurity: true), database == first ? await first.Secrets.ReadAsync(default) : [], default);
            Assert.True(matrix.IsRight, string.Join('\n', matrix.Cells.Where(cell => !cell.IsRight)));
        }
    }

    [Fact]
    public async Task without_the_relays_url_a_memory_works_and_nothing_is_taken_for_empty_or_equal()
    {
        using var first = await AccessDatabase.AppliedAsync(rowSecurity: true);
        using var second = await AccessDatabase.CreateAsync(schema: first.Schema);
        await second.Control.ApplyAsync(new AccessOptions(RowSecurity: true), null, default);
        var options = await OptionsAsync(first, second, "acme", [0, 1]);
        foreach (var provider in options.Providers) provider.RelayConnection = null;
        await using var memory = await AgentMemory.OpenAsync(options);
        await UseAsync(memory, "train");
        await using var reached = await ReachedStores.OpenAsync(options.Providers, options, Never);
        Assert.Empty(reached.Stores);
        Assert.Equal(2, reached.Unreached.Count);
        var status = await new StatusGatherer(options, [.. options.Providers]).GatherAsync(withTables: true, Never);
        Assert.Equal(StatusLevel.Degraded, status.Verdict.Level);
        Assert.Contains("_RELAY", status.Verdict.Sentence, StringComparison.Ordinal);
        Assert.All(status.Tables, table => Assert.All(table.Rows.Values, Assert.Null));
        // The application's own erasure needs no relay.
        await Wait.UntilAsync(async () => (await memory.ForgetUserAsync("maria")).Stores is { Count: >= 2 } stores && stores.All(store => store.State == ForgetState.Emptied), "both are emptied");
    }

    /// <summary>Sessions, recall, settings, jobs, mailbox.</summary>
    private static async Task UseAsync(AgentMemory memory, string word)
    {
        var session = await memory.OpenSessionAsync("travel", "maria");
        await session.AppendUserAsync($"the {word} leaves at nine");
        await session.AppendAssistantAsync("from platform two");
        Assert.Equal(2, (await session.LoadAsync()).Count);
        Assert.Single(await memory.RecallAsync(word));
        await memory.Settings.SetAsync("llm", "model", JsonElement.Parse("\"none\""));
        await memory.Settings.SetAsync("llm", "model", JsonElement.Parse($"\"{word}\""));
        await memory.Jobs.EnqueueAsync(JobKind.ResearchStaging, JsonElement.Parse("{}"));
        var claimed = Assert.Single(await memory.Jobs.ClaimAsync(JobKind.ResearchStaging, "w", TimeSpan.FromMinutes(1), countMax: 5));
        Assert.True(await memory.Jobs.HeartbeatAsync(claimed, TimeSpan.FromMinutes(1)));
        await memory.Jobs.CompleteAsync(claimed);
        await memory.Mailbox.SendAsync("planner", "writer", AgentMessageType.Query, word);
        Assert.Single(await memory.Mailbox.UnreadAsync("writer"));
        var other = await memory.StartSessionAsync("otto");
        await other.AppendUserAsync("kept");
        await memory.DeleteSessionAsync(other.Id);
        await memory.RestoreSessionAsync(other.Id);
    }

    private static async Task SeesOnlyItsOwnBySqlAsync(AccessDatabase database)
    {
        const string Tenants = "select coalesce(string_agg(distinct tenant_id, ','), '') from {s}.session_memories";
        await using var source = NpgsqlDataSource.Create(await database.LogInAsync("app_a") + ";Pooling=false");
        async Task<string> AskAsync(string? tenant)
        {
            await using var batch = source.CreateBatch();
            if (tenant is not null) batch.BatchCommands.Add(new NpgsqlBatchCommand(Stores.Postgres.RowSecurity.SetTenant) { Parameters = { new NpgsqlParameter { Value = tenant } } });
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Tenants.Replace("{s}", database.Schema, StringComparison.Ordinal)));
            await using var reader = await batch.ExecuteReaderAsync();
            if (tenant is not null) await reader.NextResultAsync();
            await reader.ReadAsync();
            return reader.GetString(0);
        }
        foreach (var tenant in (string[])["acme", "globex"]) Assert.Equal(tenant, await AskAsync(tenant));
        Assert.Equal("", await AskAsync("nobody"));
        foreach (var none in (string?[])[null, ""]) Assert.Equal("42704", (await Assert.ThrowsAsync<PostgresException>(() => AskAsync(none))).SqlState);
    }

    private static async Task<HoldfastOptions> OptionsAsync(AccessDatabase first, AccessDatabase second, string tenant, int[] which)
    {
        // Roles belong to the server: the second database has the same log-ins.
        async Task<string> UrlAsync(int place, string role) => place == 0 ? await first.LogInAsync(role)
            : new NpgsqlConnectionStringBuilder(await first.LogInAsync(role)) { Database = new NpgsqlConnectionStringBuilder(second.Connection).Database }.ConnectionString;
        var options = new HoldfastOptions { Home = Directory.CreateDirectory(Path.Combine(first.Home, tenant)).FullName, Schema = first.Schema, TenantId = tenant };
        foreach (var place in which)
            options.Providers.Add(new ProviderOptions { Name = place == 0 ? "one" : "two", Connection = await UrlAsync(place, "app_a"), RelayConnection = await UrlAsync(place, "relay") });
        options.Failover.ProbeInterval = TimeSpan.FromMilliseconds(300);
        return options;
    }
}
