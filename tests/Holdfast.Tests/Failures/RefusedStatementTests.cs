using Holdfast.Operations.Schema.Migrations;
using Holdfast.Providers.Failures;
using Holdfast.TestServers;
using Holdfast.Tests.Stores;
using Npgsql;
using Xunit;
using static Holdfast.Providers.Failures.AttemptOutcome;
using static Holdfast.Tests.Failures.RealServer;

namespace Holdfast.Tests.Failures;

public class RefusedStatementTests
{
    [Theory]
    [InlineData("select * from nowhere", "42P01")]
    [InlineData("select nothing from pg_class", "42703")]
    [InlineData("select * from nowhere.at_all", "42P01")]
    [InlineData("insert into t values (-1, 'x')", "23514")]
    [InlineData("insert into t values (1, 'x')", "23505")]
    [InlineData("insert into t values (2, null)", "23502")]
    [InlineData("insert into t values ('x', 'x')", "22P02")]
    public async Task a_statement_of_ours_that_is_refused_is_drift_and_of_the_callers_the_callers(string sql, string state)
    {
        var database = await TestServer.NewDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "create table t (id int primary key check (id > 0), name text not null); insert into t values (1, 'x')");
        Expect(await FailAsync(database, sql), RolledBack, FailureCause.Drift, state);
        Expect(await FailAsync(database, sql, ours: false), RolledBack, FailureCause.Caller, state);
    }

    [Fact]
    public async Task a_revoked_grant()
    {
        var database = await TestServer.NewDatabaseAsync();
        var role = $"plain_{new NpgsqlConnectionStringBuilder(database).Database}";
        await PostgresServer.ExecuteAsync(database, $"create table t (id int); create role {role} login");
        Expect(await FailAsync(new NpgsqlConnectionStringBuilder(database) { Username = role, Pooling = false }.ConnectionString, "insert into t values (1)"), RolledBack, FailureCause.Drift, "42501");
    }

    [Fact]
    public async Task a_read_only_session_and_a_statement_that_takes_too_long()
    {
        var database = await TestServer.NewDatabaseAsync();
        Expect(await FailAsync(database + ";Options=-c default_transaction_read_only=on", "create table t (id int)"), RolledBack, FailureCause.ReadOnly, "25006");
        Expect(await FailAsync(database + ";Options=-c statement_timeout=50", "select pg_sleep(60)"), RolledBack, FailureCause.StatementTimeout, "57014");
        Expect(await FailAsync(database + ";Options=-c lock_timeout=50", "do $$ begin raise serialization_failure; end $$"), RolledBack, FailureCause.Contention, "40001");
    }

    [Fact]
    public async Task a_store_that_was_wrapped_by_our_own_exceptions()
    {
        var database = await TestServer.NewDatabaseAsync();
        await new SchemaMigrator(database).MigrateAsync();
        await using var store = await Holdfast.Stores.Postgres.PostgresConnector.ConnectAsync(database, "holdfast", TimeProvider.System, null, CancellationToken.None);
        await PostgresServer.ExecuteAsync(database, "drop table holdfast.read_marks");
        var error = await Assert.ThrowsAsync<SchemaException>(() => store.ExecuteAsync(new Holdfast.Stores.Statement("select 1 from {read_marks}", "select 1"), [], _ => 0, CancellationToken.None));
        Expect(FailureClassifier.Classify(error, sent: true), RolledBack, FailureCause.Drift, "42P01");
    }

    [Fact]
    public async Task a_commit_that_is_answered_with_an_error_is_rolled_back()
    {
        var database = await TestServer.NewDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "create table t (id int unique deferrable initially deferred); insert into t values (1)");
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand("insert into t values (1)", connection, transaction);
        await insert.ExecuteNonQueryAsync();
        var error = await Assert.ThrowsAsync<PostgresException>(() => transaction.CommitAsync());
        Expect(FailureClassifier.Classify(error, sent: true), RolledBack, FailureCause.Drift, "23505");
    }

    [Fact]
    public async Task the_disk_is_full()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var disk = await SmallDisk.MountAsync(12);
        var database = await server.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, $"create tablespace small location '{disk.Folder}'");
        await PostgresServer.ExecuteAsync(database, "create table t (x text) tablespace small; alter table t alter x set storage external");
        Expect(await FailAsync(database, "insert into t select repeat('x', 8000) from generate_series(1, 4000)"), RolledBack, FailureCause.DiskFull, "53100");
        await PostgresServer.ExecuteAsync(database, "drop table t");
        await PostgresServer.ExecuteAsync(database, "drop tablespace small");
    }
}
