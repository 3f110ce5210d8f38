using System.Text.Json;
using Holdfast.Operations.Access;
using Holdfast.Operations.Verification;
using Holdfast.Providers.Configuration;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>The product as the role that it is meant to run as.</summary>
public sealed class AppRoleTests
{
    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task a_memory_does_all_that_it_can_as_the_app_on_two_providers(PostgresVersion version)
    {
        using var first = await AccessDatabase.AppliedAsync(version);
        using var second = await AccessDatabase.CreateAsync(version, schema: first.Schema);
        await second.Control.ApplyAsync(new AccessOptions(), null, default);
        var one = new ProviderOptions { Name = "one", Connection = await first.LogInAsync("app_a") };
        // Roles belong to the server: the second database has the same log-ins.
        var two = new ProviderOptions
        {
            Name = "two", Connection = new NpgsqlConnectionStringBuilder(await first.LogInAsync("app_b")) { Database = new NpgsqlConnectionStringBuilder(second.Connection).Database }.ConnectionString,
        };
        await using (var alone = await AgentMemory.OpenAsync(Options(first, one)))
        {
            var session = await alone.StartSessionAsync("maria");
            await session.AppendUserAsync("the train leaves at nine");
            await session.AppendAssistantAsync("from platform two");
            Assert.Equal(2, (await session.LoadAsync()).Count);
            Assert.Single(await alone.RecallAsync("train"));
            await alone.Settings.SetAsync("llm", "model", JsonElement.Parse("\"large\""));
            await alone.Settings.SetAsync("llm", "model", JsonElement.Parse("\"small\""));
            await alone.Jobs.EnqueueAsync(JobKind.ResearchStaging, JsonElement.Parse("{}"));
            var claimed = Assert.Single(await alone.Jobs.ClaimAsync(JobKind.ResearchStaging, "w", TimeSpan.FromMinutes(1)));
            Assert.True(await alone.Jobs.HeartbeatAsync(claimed, TimeSpan.FromMinutes(1)));
            await alone.Jobs.CompleteAsync(claimed);
            await (await alone.StartSessionAsync("otto")).AppendUserAsync("forget this");
            Assert.True((await alone.ForgetUserAsync("otto")).Stores.All(store => store.State != ForgetState.Waiting));
            await alone.DeleteSessionAsync(session.Id);
            await alone.RestoreSessionAsync(session.Id);
        }
        // What one was given alone the relay brings to two, whose role is the other slot.
        var both = Options(first, one, two);
        await using (var memory = await AgentMemory.OpenAsync(both))
        {
            await Wait.UntilAsync(async () => await second.ScalarAsync<long>("select count(*) from {s}.session_memories where content is not null") == 2
                && await second.ScalarAsync<long>("select count(*) from {s}.erasures") == 1, "the relay brings the rows to the second provider");
            Assert.Equal("small", (await memory.Settings.GetAsync("llm", "model"))!.Value.GetString());
            // A row that was refused is parked, and taken out again: the one deletion besides that of sweeps.
            await Wait.UntilAsync(async () => await first.ScalarAsync<long>("select count(*) from {s}.erasure_sweeps") == 0, "the erasure is swept");
        }
        var report = await new Verifier(new HoldfastConfiguration(both, [], [], []), TimeProvider.System) { CutFor = TimeSpan.FromSeconds(1) }.RunAsync(_ => { }, default);
        Assert.True(report.IsWell, string.Join('\n', report.Tests.Where(test => test.State == TestState.Failed)));
    }

    private static HoldfastOptions Options(AccessDatabase database, params ProviderOptions[] providers)
    {
        var options = new HoldfastOptions { Home = database.Home, Schema = database.Schema };
        foreach (var provider in providers) options.Providers.Add(provider);
        options.Failover.ProbeInterval = TimeSpan.FromMilliseconds(300);
        return options;
    }
}
