using Holdfast.Cli.Tests.Program;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

/// <summary>Migrations where access was applied. Roles belong to a whole server, so there is one of its own.</summary>
public sealed class MigrateWithAccessTests : IAsyncLifetime
{
    private readonly HoldfastProgram _holdfast = new();
    private PostgresServer? _server;
    private string _main = "";
    private string _backup = "";

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartAsync();
        (_main, _backup) = (await _server.CreateDatabaseAsync(), await _server.CreateDatabaseAsync());
        foreach (var connection in (string[])[_main, _backup]) await new SchemaMigrator(connection).MigrateAsync();
        _holdfast.With("DATABASE_FAILOVER_ORDER", "main,backup").With("HOLDFAST_PROVIDER_MAIN", _main).With("HOLDFAST_PROVIDER_BACKUP", _backup);
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _holdfast.Dispose();
    }

    [Fact]
    public async Task a_new_table_waits_for_access_apply_and_stops_nothing_and_a_lost_grant_does()
    {
        (await _holdfast.RunAsync("access", "apply", "--yes", "--write-secrets", _holdfast.PathOf("secrets"))).Done();
        (await _holdfast.RunAsync("schema", "drift", "--fail-on", "error")).Done();
        Assert.Contains("main: compared with its migrations", (await _holdfast.RunAsync("schema", "undo", "--yes")).Done().Out, StringComparison.Ordinal);

        var again = (await _holdfast.RunAsync("schema", "migrate")).Done().Out;
        Assert.Contains("backup: its new tables wait for: holdfast access apply", again, StringComparison.Ordinal);
        Assert.Contains("main: its new tables wait for: holdfast access apply", again, StringComparison.Ordinal);
        (await _holdfast.RunAsync("schema", "drift", "--fail-on", "error")).Ended(9);

        (await _holdfast.RunAsync("schema", "undo", "--yes")).Done();
        await PostgresServer.ExecuteAsync(_backup, "revoke select on holdfast.session_memories from holdfast_app");
        var stopped = (await _holdfast.RunAsync("schema", "migrate")).Ended(9);
        Assert.Contains("session_memories", stopped.Errors, StringComparison.Ordinal);
        Assert.Contains("failed: backup; not begun: main.", stopped.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task roles_that_come_first_are_no_drift_behind_the_first_migration()
    {
        var empty = await _server!.CreateDatabaseAsync();
        using var administrator = new HoldfastProgram().With("HOLDFAST_PROVIDER_MAIN", empty);
        var file = administrator.PathOf("secrets");
        (await administrator.RunAsync("access", "apply", "--yes", "--write-secrets", file)).Ended(9);
        using var migrator = new HoldfastProgram().With("HOLDFAST_PROVIDER_MAIN", File.ReadAllLines(file).First(line => line.Contains("holdfast_migrator:", StringComparison.Ordinal)));
        Assert.Contains("its new tables wait for: holdfast access apply", (await migrator.RunAsync("schema", "migrate", "--yes")).Done().Out, StringComparison.Ordinal);
        (await administrator.RunAsync("access", "apply", "--yes")).Done();
        (await migrator.RunAsync("schema", "drift")).Done();

        // Rights that nobody has declared stop it all the same.
        var open = await _server.CreateDatabaseAsync();
        using var other = new HoldfastProgram().With("HOLDFAST_PROVIDER_MAIN", open);
        (await other.RunAsync("access", "apply", "--yes")).Ended(9);
        await PostgresServer.ExecuteAsync(open, "create role passer_by; alter default privileges for role holdfast_owner in schema holdfast grant select on tables to passer_by");
        Assert.Contains("passer_by", (await other.RunAsync("schema", "migrate", "--yes")).Ended(9).Errors, StringComparison.Ordinal);
    }
}
