using Holdfast.Cli.Tests.Program;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

/// <summary><c>access apply</c> over two providers, as the administrators that providers give since PostgreSQL 16: what they may not do stops nobody.</summary>
public sealed class AccessApplyOrderTests : IAsyncLifetime
{
    private readonly HoldfastProgram _holdfast = new();
    private PostgresServer? _server;
    private string _main = "", _backup = "";

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartAsync(PostgresVersion.Third);
        await PostgresServer.ExecuteAsync(_server.ConnectionString, "create role provider nologin; create role administrator login createrole createdb in role provider");
        (_main, _backup) = (await DatabaseAsync("main"), await DatabaseAsync("backup"));
        _holdfast.With("HOLDFAST_PROVIDER_MAIN", _main).With("HOLDFAST_PROVIDER_BACKUP", _backup).With("DATABASE_FAILOVER_ORDER", "main,backup");
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _holdfast.Dispose();
    }

    [Fact]
    public async Task what_only_the_console_can_do_is_told_and_the_primary_has_its_turn_and_other_findings_stop_before_it()
    {
        // Neither of PostgreSQL's roles can be given: by hand, on both.
        var applied = (await _holdfast.RunAsync("access", "apply", "--yes", "--json")).ResultWith(9);
        Assert.Equal(["backup", "main"], applied.EnumerateArray().Select(one => one.GetProperty("provider").GetString()!));
        Assert.All(applied.EnumerateArray(), one => Assert.Equal(2, one.GetProperty("by_hand").GetArrayLength()));

        // Something else is wrong at the backup: the primary is left as it is.
        await PostgresServer.ExecuteAsync(Super(_backup), "create role somebody nologin; grant holdfast_owner to somebody");
        applied = (await _holdfast.RunAsync("access", "apply", "--yes", "--json")).ResultWith(9);
        Assert.Equal("backup", Assert.Single(applied.EnumerateArray()).GetProperty("provider").GetString());
        await PostgresServer.ExecuteAsync(Super(_backup), "revoke holdfast_owner from somebody");

        // As Neon and Supabase have it: all is well.
        await PostgresServer.ExecuteAsync(_server!.ConnectionString, "grant pg_monitor to provider with admin option");
        var well = (await _holdfast.RunAsync("access", "apply", "--yes")).Done();
        Assert.Contains("main: as declared", well.Out, StringComparison.Ordinal);
        Assert.Contains("backup: as declared", well.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("by hand", well.Errors, StringComparison.Ordinal);
        (await _holdfast.RunAsync("access", "verify")).Done();
    }

    private string Super(string connection) => _server!.Connection(new NpgsqlConnectionStringBuilder(connection).Database!);

    private async Task<string> DatabaseAsync(string name)
    {
        var connection = await _server!.CreateDatabaseAsync(name);
        await PostgresServer.ExecuteAsync(_server.ConnectionString, $"alter database {name} owner to administrator");
        connection = new NpgsqlConnectionStringBuilder(connection) { Username = "administrator" }.ConnectionString;
        await new SchemaMigrator(connection).MigrateAsync();
        return connection;
    }
}
