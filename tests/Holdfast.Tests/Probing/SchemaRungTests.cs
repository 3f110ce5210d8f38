using Holdfast.Operations.Schema.Migrations;
using Holdfast.Providers.Failures;
using Holdfast.Providers.Probing;
using Holdfast.Rows;
using Holdfast.Stores.Migrations;
using Holdfast.TestServers;
using Holdfast.Tests.Stores;
using Npgsql;
using Xunit;
using static Holdfast.Tests.Probing.Probes;

namespace Holdfast.Tests.Probing;

/// <summary>A schema that is older, newer, or not what its history says.</summary>
public sealed class SchemaRungTests
{
    [Fact]
    public async Task a_schema_that_is_missing_or_older_asks_for_the_migration()
    {
        var database = await TestServer.NewDatabaseAsync();
        Expect(await RunAsync(database), ProbeStep.Write, FailureCause.Drift, "holdfast schema migrate");
        await new SchemaMigrator(database).MigrateAsync();
        await PostgresServer.ExecuteAsync(database, "delete from holdfast.schema_versions where version > '0001'");
        Expect(await RunAsync(database), ProbeStep.Schema, FailureCause.Drift, "holdfast schema migrate");
    }

    [Fact]
    public async Task a_schema_one_version_behind_is_no_failure_and_says_what_to_run()
    {
        var database = await TestServer.NewDatabaseAsync();
        await new SchemaMigrator(database, options: new MigrationOptions { To = $"{Tables.OldestVersion:0000}" }).MigrateAsync();
        var report = await RunAsync(database);
        Assert.True(report.IsHealthy, report.FailedStep?.Detail);
        Assert.Equal(Migration.Shipped("Postgres")[^1].Version, report.Facts.SchemaAwaited);
        Assert.Contains("holdfast schema migrate", report.Steps[^1].Detail, StringComparison.Ordinal);
        // What its own version should have is missed as ever.
        await PostgresServer.ExecuteAsync(database, "drop table holdfast.erasure_sweeps");
        Expect(await RunAsync(database), ProbeStep.Schema, FailureCause.Drift, "erasure_sweeps");
    }

    [Fact]
    public async Task another_history_under_the_same_number_is_drift()
    {
        var database = await MigratedAsync();
        await PostgresServer.ExecuteAsync(database, "update holdfast.schema_versions set chain_hash = 'edited'");
        Expect(await RunAsync(database), ProbeStep.Schema, FailureCause.Drift, "edited migration");
    }

    [Fact]
    public async Task a_newer_schema_is_no_failure()
    {
        var database = await MigratedAsync();
        await PostgresServer.ExecuteAsync(database, """
            insert into holdfast.schema_versions select 900, '0900', description, kind, script, checksum, 'later', state, statements, last_statement, error,
              applied_by, tool_version, host, started_at, finished_at, lock_wait_ms, duration_ms from holdfast.schema_versions where version = '0002'
            """);
        var report = await RunAsync(database);
        Assert.True(report.IsHealthy, report.FailedStep?.Detail);
        Assert.Contains("newer", report.Steps[^1].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_revoked_grant_is_named_with_the_statement_that_mends_it()
    {
        var database = await MigratedAsync();
        var role = $"app_{new NpgsqlConnectionStringBuilder(database).Database}";
        await PostgresServer.ExecuteAsync(database, $"""
            create role {role} login; grant usage on schema holdfast to {role};
            grant select, insert, update, delete on all tables in schema holdfast to {role};
            """);
        var asRole = new NpgsqlConnectionStringBuilder(database) { Username = role }.ConnectionString;
        Assert.True((await RunAsync(asRole)).IsHealthy);
        await PostgresServer.ExecuteAsync(database, $"revoke insert on holdfast.session_memories from {role}");
        var report = await RunAsync(asRole);
        Expect(report, ProbeStep.Schema, FailureCause.Drift, "permission denied on session_memories: run");
        Assert.Equal($"permission denied on session_memories: run as the owner: grant insert on holdfast.session_memories to \"{role}\";", report.Advice);
        await PostgresServer.ExecuteAsync(database, $"revoke insert on holdfast.canary from {role}");
        var atWrite = await RunAsync(asRole);
        Expect(atWrite, ProbeStep.Write, FailureCause.Drift, "permission denied for table canary: run");
        // What is advised is enough.
        await PostgresServer.ExecuteAsync(database, $"revoke all on all tables in schema holdfast from {role}; revoke all on schema holdfast from {role}; revoke execute on function holdfast.is_erased from public; {atWrite.Advice![(atWrite.Advice!.IndexOf("owner:", StringComparison.Ordinal) + "owner:".Length)..]}");
        Assert.True((await RunAsync(asRole)).IsHealthy);
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand($"select has_table_privilege('{role}', 'holdfast.session_memories', 'delete') or has_table_privilege('{role}', 'holdfast.schema_versions', 'update')");
        Assert.False((bool)(await command.ExecuteScalarAsync())!);
    }

    [Theory]
    [InlineData("session_memories", false, "holdfast_app_a", "holdfast access apply --provider")]
    [InlineData("canary", true, "holdfast_app_a", "holdfast access apply --provider")]
    [InlineData("session_memories", false, "holdfast_application", "grant insert, update on holdfast.session_memories")]
    public async Task a_declared_role_gets_what_it_lacks_from_access_apply(string table, bool atWrite, string role, string advice)
    {
        var database = await MigratedAsync();
        await PostgresServer.ExecuteAsync(database, $"""
            do $$ begin create role {role} login; exception when duplicate_object then null; end $$; grant usage on schema holdfast to {role};
            grant select, insert, update, delete on all tables in schema holdfast to {role}; revoke insert, update on holdfast.{table} from {role}
            """);
        var report = await RunAsync(new NpgsqlConnectionStringBuilder(database) { Username = role }.ConnectionString);
        Expect(report, atWrite ? ProbeStep.Write : ProbeStep.Schema, FailureCause.Drift, advice);
        Assert.DoesNotContain("delete", report.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_dropped_column_and_a_dropped_table_are_named()
    {
        var database = await MigratedAsync();
        await PostgresServer.ExecuteAsync(database, "alter table holdfast.session_memories drop column content");
        Expect(await RunAsync(database), ProbeStep.Schema, FailureCause.Drift, "content of holdfast.session_memories");
        await PostgresServer.ExecuteAsync(database, "drop table holdfast.payments cascade");
        Assert.Contains("payments", (await RunAsync(await MigratedThenAsync("drop table holdfast.payments cascade"))).Failure!.Message, StringComparison.Ordinal);
    }
}
