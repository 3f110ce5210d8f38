using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Holdfast.Tests.Providers;
using Holdfast.Tests.Stores;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Relay;

/// <summary>Providers that come new, come back old, or come back empty: each gets what it lacks, and none that lacks something leads.</summary>
public sealed class ComingAndGoingTests : IAsyncLifetime
{
    private ThreeServers _three = null!;

    public async ValueTask InitializeAsync() => _three = await ThreeServers.StartAsync();

    public ValueTask DisposeAsync() => _three.DisposeAsync();

    [Fact]
    public async Task a_new_provider_is_filled_and_does_not_lead_before()
    {
        var options = _three.Options();
        var all = options.Providers.ToList();
        options.Providers.RemoveAt(0);
        var texts = await WriteAsync(options, "before", 300);
        // Another home: no spool that could bring the old rows.
        var added = _three.Options(tenant: options.TenantId);
        await using var memory = await AgentMemory.OpenAsync(added);
        // It may be filled before this line is reached; then it has all.
        if (memory.Providers!.Primary == "neon") Assert.Equal(texts, await _three.TextsAsync(0, options.TenantId));
        var session = await memory.OpenSessionAsync("s");
        Assert.Equal(texts, (await session.LoadAsync()).Select(message => message.Text));
        await session.AppendUserAsync("after");
        await AllHaveAsync(options.TenantId, [.. texts, "after"]);
        await Wait.UntilAsync(() => memory.Providers.Primary == "neon", "the new provider leads, as the order says");
        Assert.Equal([.. texts, "after"], (await session.LoadAsync()).Select(message => message.Text));
        Assert.Equal(3, all.Count);
    }

    [Fact]
    public async Task a_provider_that_was_away_for_longer_than_the_spool_keeps_rows_does_not_lead_before_it_has_them()
    {
        var options = _three.Options();
        options.Failover.SpoolRetention = TimeSpan.Zero;
        var texts = await WriteAsync(options, "before", 20);
        await AllHaveAsync(options.TenantId, texts);
        await _three.Servers[0].KillAsync();
        await using (var memory = await AgentMemory.OpenAsync(options))
        {
            var session = await memory.OpenSessionAsync("s");
            for (var i = 0; i < 300; i++)
            {
                texts.Add($"meanwhile {i}");
                await session.AppendUserAsync(texts[^1]);
            }
            await Wait.UntilAsync(async () => (await memory.Providers!.Access.Spool.Spool.LoadAsync("neon", CancellationToken.None)).Rows == 0, "the spool has nothing left for it");
        }
        await _three.Servers[0].StartAgainAsync();
        var later = _three.Options(tenant: options.TenantId);
        later.TimeProvider = new Later(TimeSpan.FromMinutes(5));
        await using var next = await AgentMemory.OpenAsync(later);
        Assert.Equal(texts, (await (await next.OpenSessionAsync("s")).LoadAsync()).Select(message => message.Text));
        await AllHaveAsync(options.TenantId, texts);
        await Wait.UntilAsync(() => next.Providers!.Primary == "neon", "the first provider leads again");
    }

    /// <summary>A machine whose clock is ahead: for it everything was long ago.</summary>
    private sealed class Later(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }

    [Fact]
    public async Task a_provider_whose_old_data_folder_was_put_back_gets_everything_again()
    {
        var options = _three.Options();
        var texts = await WriteAsync(options, "saved", 50);
        await AllHaveAsync(options.TenantId, texts);
        await _three.Servers[0].SaveDataAsync();
        texts.AddRange(await WriteAsync(options, "lost by the backup", 50));
        await AllHaveAsync(options.TenantId, texts);

        await using var memory = await AgentMemory.OpenAsync(options);
        var session = await memory.OpenSessionAsync("s");
        await _three.Servers[0].RestoreDataAsync();
        for (var i = 0; i < 20; i++)
        {
            await session.AppendUserAsync($"after {i}");
            texts.Add($"after {i}");
        }
        await AllHaveAsync(options.TenantId, texts);
        await Wait.UntilAsync(() => memory.Providers!.Primary == "neon", "the restored provider leads again");
        Assert.Equal(texts, (await session.LoadAsync()).Select(message => message.Text));
    }

    [Fact]
    public async Task a_provider_that_was_replaced_by_an_empty_one_is_filled_again()
    {
        var options = _three.Options();
        var texts = await WriteAsync(options, "old", 100);
        await AllHaveAsync(options.TenantId, texts);
        await PostgresServer.ExecuteAsync(_three.Servers[1].ConnectionString, "drop schema holdfast cascade");
        await new SchemaMigrator(_three.Servers[1].ConnectionString).MigrateAsync();
        // Another home again, and rows that only the new process knows.
        var other = _three.Options(tenant: options.TenantId);
        texts.AddRange(await WriteAsync(other, "new", 10));
        await using var memory = await AgentMemory.OpenAsync(other);
        await AllHaveAsync(options.TenantId, texts);
    }

    [Fact]
    public async Task a_provider_that_was_dumped_and_reloaded_passes_on_what_it_gets_then()
    {
        await using var old = await PostgresServer.StartAsync();
        var dumped = await PullPair.MigratedAsync(await old.CreateDatabaseAsync());
        var receiver = await PullPair.MigratedAsync(await old.CreateDatabaseAsync());
        Holdfast.Rows.Row[] rows;
        await using (var before = await PullPair.OpenAsync(dumped, receiver))
        {
            rows = [.. Enumerable.Range(0, 30).Select(i => before.Rows.Message($"message {i}"))];
            // Many transactions, so that the new cluster counts from below.
            foreach (var row in rows) await before.WriteAsync(before.Source, row);
            await before.PullAsync();
        }
        await using var fresh = await PostgresServer.StartAsync(distinctIdentity: true);
        await ReloadAsync(dumped, fresh.ConnectionString);
        await using var after = await PullPair.OpenAsync(fresh.ConnectionString, receiver);
        await after.WriteAsync(after.Source, after.Rows.Message("written after the reload"));
        var round = await after.PullAsync();
        Assert.True(round.LostAnchor);
        Assert.Equal(rows.Length + 1L, await PullTests.CountAsync(receiver, "session_memories"));
    }

    [Fact]
    public async Task the_only_provider_gets_from_the_spool_what_its_backup_lacked()
    {
        await using var one = await ThreeServers.StartAsync(count: 1);
        var options = one.Options();
        var texts = await WriteAsync(options, "saved", 20);
        await one.Servers[0].SaveDataAsync();
        texts.AddRange(await WriteAsync(options, "lost by the backup", 20));
        await one.Servers[0].RestoreDataAsync();
        Assert.Equal(texts[..20], await one.TextsAsync(0, options.TenantId));
        await using var memory = await AgentMemory.OpenAsync(options);
        await Wait.UntilAsync(async () => (await one.TextsAsync(0, options.TenantId)).SequenceEqual(texts), "the spool has sent it again");
    }

    private static async Task<List<string>> WriteAsync(HoldfastOptions options, string word, int count)
    {
        await using var memory = await AgentMemory.OpenAsync(options);
        var session = await memory.OpenSessionAsync("s");
        var texts = Enumerable.Range(0, count).Select(i => $"{word} {i}").ToList();
        foreach (var text in texts) await session.AppendUserAsync(text);
        return texts;
    }

    private async Task AllHaveAsync(string tenant, List<string> texts)
    {
        for (var i = 0; i < 3; i++)
        {
            var (server, found) = (i, new List<string>());
            await Wait.UntilAsync(async () => (found = await _three.TextsAsync(server, tenant)).SequenceEqual(texts), $"server {i} has all {texts.Count} messages", details: () => $"It has {found.Count}; it lacks: {string.Join(", ", texts.Except(found).Take(5))}");
        }
    }

    private static async Task ReloadAsync(string from, string to)
    {
        var (source, target) = (new NpgsqlConnectionStringBuilder(from), new NpgsqlConnectionStringBuilder(to));
        var file = Path.Combine(Directory.CreateDirectory(TestPlaces.NewFolder()).FullName, "dump.sql");
        var programs = PostgresPrograms.Folder(PostgresVersion.Debian);
        static string[] Place(NpgsqlConnectionStringBuilder settings) => ["-h", settings.Host!, "-p", $"{settings.Port}", "-U", settings.Username!, "-d", settings.Database!];
        await RunAsync(Path.Combine(programs, "pg_dump"), [.. Place(source), "-n", "holdfast", "-f", file]);
        await RunAsync(Path.Combine(programs, "psql"), [.. Place(target), "-q", "-v", "ON_ERROR_STOP=1", "-f", file]);
    }

    private static async Task RunAsync(string program, string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var (errors, output) = (process.StandardError.ReadToEndAsync(), process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program}: {await errors} {await output}");
    }
}
