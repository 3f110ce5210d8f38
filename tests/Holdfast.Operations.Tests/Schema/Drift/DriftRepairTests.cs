using Holdfast.Operations.Schema.Drift;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Stores.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Drift;

public sealed class DriftRepairTests
{
    private static readonly DriftOptions Options = new() { Schema = "holdfast", Migrations = Migration.Shipped("Postgres"), LockWaitMax = TimeSpan.FromSeconds(5) };

    [Fact]
    public async Task what_is_made_again_belongs_to_the_owner_of_the_rest_also_where_a_migrator_does_it()
    {
        var connection = await MigratedAsync();
        await PostgresServer.ExecuteAsync(connection, """
            do $$ declare t regclass; begin
              create role repair_owner nologin; create role repair_migrator login in role repair_owner;
              execute format('grant create on database %I to repair_migrator', current_database());
              alter schema holdfast owner to repair_owner; alter function holdfast.is_erased(text, uuid, text, text) owner to repair_owner;
              for t in select oid::regclass from pg_class where relnamespace = 'holdfast'::regnamespace and relkind = 'r' loop execute format('alter table %s owner to repair_owner', t); end loop;
            end $$;
            drop table holdfast.canary;
            """);
        var drift = await DriftAsync(new NpgsqlConnectionStringBuilder(connection) { Username = "repair_migrator" }.ConnectionString);
        Assert.Equal(["table_missing table canary"], drift.Differences.Select(difference => difference.CacheKey));
        var result = await new DriftRepair(Options).RunAsync(drift, drift.Differences, null, CancellationToken.None);
        Assert.Empty(result.Left.Select(left => left.Detail));
        Assert.Empty((await DriftAsync(connection)).Findings.Select(finding => finding.Detail));
    }

    [Fact]
    public async Task an_index_that_was_left_invalid_is_built_again()
    {
        var connection = await MigratedAsync();
        await PostgresServer.ExecuteAsync(connection, "update pg_index set indisvalid = false where indexrelid = 'holdfast.settings_category_idx'::regclass");
        var drift = await DriftAsync(connection);
        Assert.Equal(["index_invalid index settings.settings_category_idx"], drift.Differences.Select(difference => difference.CacheKey));
        Assert.Empty((await new DriftRepair(Options).RunAsync(drift, drift.Differences, null, CancellationToken.None)).Left);
    }

    [Fact]
    public async Task another_server_than_the_one_that_was_compared_is_not_touched()
    {
        var (first, second) = (await MigratedAsync(), await MigratedAsync());
        foreach (var connection in (string[])[first, second]) await PostgresServer.ExecuteAsync(connection, "drop index holdfast.settings_category_idx");
        var drift = await DriftAsync(first);
        var elsewhere = drift with { Target = new DriftTarget("main", new NpgsqlConnectionStringBuilder(second)) };
        var refused = await Assert.ThrowsAsync<SchemaException>(() => new DriftRepair(Options).RunAsync(elsewhere, drift.Differences, null, CancellationToken.None));
        Assert.Contains("another server answers", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["index_missing index settings.settings_category_idx"], (await DriftAsync(second)).Differences.Select(difference => difference.CacheKey));
    }

    [Fact]
    public async Task a_schema_that_has_changed_since_it_was_compared_is_not_touched()
    {
        var connection = await MigratedAsync();
        await PostgresServer.ExecuteAsync(connection, "drop index holdfast.settings_category_idx");
        var drift = await DriftAsync(connection);
        await PostgresServer.ExecuteAsync(connection, "alter table holdfast.users add column stray text");
        var refused = await Assert.ThrowsAsync<SchemaException>(() => new DriftRepair(Options).RunAsync(drift, drift.Differences, null, CancellationToken.None));
        Assert.Contains("has changed since it was compared", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<string> MigratedAsync()
    {
        var connection = await (await DriftServers.ServerAsync(PostgresVersion.Debian)).CreateDatabaseAsync();
        await new SchemaMigrator(connection).MigrateAsync();
        return connection;
    }

    private static async Task<ProviderDrift> DriftAsync(string connection)
    {
        var drift = Assert.Single((await new DriftCheck([new DriftTarget("main", new NpgsqlConnectionStringBuilder(connection))], Options).RunAsync(CancellationToken.None)).Providers);
        return drift.Error is null ? drift : throw drift.Error;
    }
}
