using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Sessions;
using Holdfast.TestServers;
using Npgsql;
using Xunit;
using static Holdfast.Operations.Tests.Schema.Migrations.MigrationDatabase;

namespace Holdfast.Operations.Tests.Schema.Migrations;

public sealed class MigrateTests
{
    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task a_directory_of_ones_own_has_its_schema_its_history_and_its_names_without_a_schema(PostgresVersion version)
    {
        var database = await MigrationDatabase.CreateAsync(version);
        (string, string)[] files =
        [
            Table, ("V2__i.sql", "-- holdfast:transaction off\ncreate index concurrently t_a on t (a);\ninsert into t values (0, 0);\nvacuum t;"),
            ("V20261121143000__view.sql", "create table {schema}.u (id int)"), ("R__v.sql", "create or replace view v as select count(*) as n from t"),
        ];
        var steps = await database.MigrateAsync(files);
        Assert.Equal(files.Select(file => file.Item1), steps.Select(step => step.Script));
        Assert.Equal(1001, await database.AskAsync<long>("select n from app.v"));
        Assert.True(await database.AskAsync<bool>("select indisvalid and indisready from pg_index where indexrelid = 'app.t_a'::regclass"));
        Assert.Empty(await database.MigrateAsync(files));

        var rows = await database.HistoryAsync();
        Assert.All(rows, row => Assert.Equal(("applied", row.Statements), (row.State, row.LastStatement)));
        Assert.Equal([2, 3, 1, 1], rows.Select(row => (int)row.Statements));
        Assert.All(rows, row => Assert.True(row is { FinishedAt: not null, DurationMs: >= 0, LockWaitMs: >= 0, Error: null, AppliedBy.Length: > 0, Host.Length: > 0, ToolVersion.Length: > 0 }, row.ToString()));
        Assert.Equal(HistoryChain.End(rows), rows[2].ChainHash);
        Assert.Equal(rows[2].ChainHash, rows[3].ChainHash);

        // Only what changed is applied again.
        files[3].Item2 = "create or replace view v as select count(*) + 1 as n from t";
        Assert.Equal(["R__v.sql"], (await database.MigrateAsync(files)).Select(step => step.Script));
        Assert.Equal(1002, await database.AskAsync<long>("select n from app.v"));
        Assert.Empty(await database.MigrateAsync(files));
    }

    [Fact]
    public async Task holdfasts_own_history_and_a_directorys_do_not_share_a_table()
    {
        var database = await MigrationDatabase.CreateAsync();
        await new SchemaMigrator(database.Connection).MigrateAsync();
        var mixed = new SchemaMigrator(new MigrationTarget(database.Connection, MigrationDatabase.Files(Table), "holdfast", MigrationDatabase.Quick, null));
        Assert.Contains("--schema", (await Assert.ThrowsAsync<SchemaException>(() => mixed.MigrateAsync())).Message, StringComparison.Ordinal);
        await database.RunAsync("create schema app; create table app.schema_versions (version int)");
        Assert.Contains("is not Holdfast's", (await Assert.ThrowsAsync<SchemaException>(() => database.MigrateAsync(Table))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task files_run_as_the_role_that_owns_the_schema_and_the_history_says_who_connected()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.RunAsync($"create role owned_owner nologin; grant create on database \"{new NpgsqlConnectionStringBuilder(database.Connection).Database}\" to owned_owner");
        var set = MigrationDatabase.Files(Table, ("V2__i.sql", "-- holdfast:transaction off\ncreate index concurrently t_a on t (a)"));
        await new SchemaMigrator(new MigrationTarget(database.Connection, set, "owned", MigrationDatabase.Quick, null)).MigrateAsync();
        Assert.Equal("owned_owner owned_owner", await database.AskAsync<string>("select string_agg(tableowner, ' ') from pg_tables where schemaname = 'owned'"));
        Assert.Equal("holdfast", await database.AskAsync<string>("select distinct applied_by from owned.schema_versions"));
    }

    [Fact]
    public async Task settings_that_a_file_leaves_behind_do_not_reach_the_next_one()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(("V1__s.sql", "select set_config('search_path', '', false); set statement_timeout = '500ms'; set default_transaction_read_only = off"), ("V2__t.sql", "create table t (id int); select pg_sleep(0.7)"));
        Assert.True(await database.AskAsync<bool>("select to_regclass('app.t') is not null"));
    }

    [Fact]
    public async Task a_server_that_lets_nobody_in_was_sent_nothing()
    {
        using var paused = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        paused.Start();
        var target = new MigrationTarget($"Host=127.0.0.1;Port={((System.Net.IPEndPoint)paused.LocalEndpoint).Port};Username=u;Database=d;Timeout=1", MigrationDatabase.Files(Table), "app", MigrationDatabase.Quick, null);
        var problem = (await SchemaLook.AtAsync(target, CancellationToken.None)).Problem;
        Assert.Contains("nothing was sent", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("rows", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_file_that_came_late_is_refused_unless_that_is_meant()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(Table, ("V3__c.sql", "select 3"));
        (string, string)[] files = [Table, ("V2__b.sql", "create table late (id int)"), ("V3__c.sql", "select 3")];
        Assert.Contains("--out-of-order", (await Assert.ThrowsAsync<SchemaException>(() => database.MigrateAsync(files))).Message, StringComparison.Ordinal);
        Assert.False(await database.AskAsync<bool>("select to_regclass('app.late') is not null"));
        Assert.Single(await database.Migrator(MigrationDatabase.Files(files), MigrationDatabase.Quick with { OutOfOrder = true }).MigrateAsync());
        Assert.Empty(await database.MigrateAsync(files));
    }

    [Fact]
    public async Task to_and_phase_stop_before_what_comes_later()
    {
        var database = await MigrationDatabase.CreateAsync();
        (string, string)[] files = [Table, ("V2__b.sql", "-- holdfast:phase backfill\nselect 2"), ("V3__c.sql", "-- holdfast:phase contract\nselect 3"), ("V4__d.sql", "select 4"), ("R__r.sql", "select 5")];
        async Task<string> RunAsync(MigrationOptions options) => string.Join(' ', (await database.Migrator(MigrationDatabase.Files(files), options).MigrateAsync()).Select(step => step.Script[..2]));
        Assert.Equal("V1", await RunAsync(MigrationDatabase.Quick with { To = "1" }));
        Assert.Equal("", await RunAsync(MigrationDatabase.Quick with { Phase = MigrationPhase.Expand }));
        Assert.Equal("V2", await RunAsync(MigrationDatabase.Quick with { Phase = MigrationPhase.Backfill }));
        await Assert.ThrowsAsync<InvalidInputException>(() => RunAsync(MigrationDatabase.Quick with { To = "9" }));
        Assert.Equal("V3 V4 R_", await RunAsync(MigrationDatabase.Quick));
    }

    [Fact]
    public async Task a_statement_that_fails_is_named_by_its_line_and_nothing_of_its_file_stands()
    {
        var database = await MigrationDatabase.CreateAsync();
        var error = await Assert.ThrowsAsync<MigrationFailedException>(() => database.MigrateAsync(Table, ("V2__half.sql", "create table half (id int);\n\nselect\n  nothing\nfrom t;")));
        Assert.Contains("V2__half.sql, line 4", error.Message, StringComparison.Ordinal);
        Assert.Equal("42703", error.SqlState);
        Assert.False(await database.AskAsync<bool>("select to_regclass('app.half') is not null"));
        Assert.Single(await database.HistoryAsync());
    }

    [Fact]
    public async Task every_pending_file_is_read_before_the_first_one_runs()
    {
        var database = await MigrationDatabase.CreateAsync();
        await Assert.ThrowsAsync<SchemaException>(() => database.MigrateAsync(Table, ("V2__b.sql", "select 1; commit;")));
        await Assert.ThrowsAsync<SchemaException>(() => database.MigrateAsync(Table, ("V2__b.sql", "drop table t")));
        Assert.False(await database.AskAsync<bool>("select to_regclass('app.t') is not null"));
    }

    [Fact]
    public async Task what_throws_data_away_runs_only_for_a_reason_that_the_history_keeps()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(Table);
        (string, string)[] files = [Table, ("V2__gone.sql", "alter table t drop column a")];
        var error = await Assert.ThrowsAsync<SchemaException>(() => database.MigrateAsync(files));
        Assert.Contains("V2__gone.sql, line 1", error.Message, StringComparison.Ordinal);
        await database.Migrator(MigrationDatabase.Files(files), MigrationDatabase.Quick with { AllowDestructive = "the column was never used" }).MigrateAsync();
        var remark = (await database.HistoryAsync())[^1].Error!;
        Assert.Contains("the column was never used", remark, StringComparison.Ordinal);
        Assert.Contains(Environment.UserName, remark, StringComparison.Ordinal);
        Assert.Null((await database.HistoryAsync())[0].Error);
    }

    [Fact]
    public async Task a_trial_runs_everything_and_leaves_nothing()
    {
        var database = await MigrationDatabase.CreateAsync();
        var set = MigrationDatabase.Files(Table, ("V2__b.sql", "alter table t add c int"), ("V3__i.sql", "-- holdfast:transaction off\ncreate index concurrently i on t (a)"), ("V4__d.sql", "select 4"));
        var steps = await new SchemaTrial(database.Target(set)).RunAsync(null, CancellationToken.None);
        Assert.Equal([true, true, false, false], steps.Select(step => step.Ran));
        Assert.False(await database.AskAsync<bool>("select to_regnamespace('app') is not null"));
        var bad = MigrationDatabase.Files(Table, ("V2__b.sql", "alter table t add a int"));
        Assert.Contains("V2__b.sql", (await Assert.ThrowsAsync<MigrationFailedException>(() => new SchemaTrial(database.Target(bad)).RunAsync(null, CancellationToken.None))).Message, StringComparison.Ordinal);
        Assert.Empty(await database.HistoryAsync());
    }

    [Fact]
    public async Task a_table_that_is_gone_though_every_migration_is_recorded_is_not_up_to_date()
    {
        var database = await MigrationDatabase.CreateAsync();
        var migrator = new SchemaMigrator(database.Connection);
        await migrator.MigrateAsync();
        await database.RunAsync("alter table holdfast.payments rename column amount to amounts");
        Assert.Contains("the column amount of holdfast.payments is missing", (await Assert.ThrowsAsync<SchemaVerificationException>(() => migrator.MigrateAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_history_that_was_changed_by_hand_is_refused()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(Table, ("V2__b.sql", "select 2"));
        await database.RunAsync("delete from app.schema_versions where version = '1'");
        var error = await Assert.ThrowsAsync<SchemaException>(() => database.MigrateAsync(Table, ("V2__b.sql", "select 2")));
        Assert.Contains("does not hold together at 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_rollout_stops_at_the_first_failure_and_says_who_is_done()
    {
        var order = new List<string>();
        var error = await Assert.ThrowsAsync<RolloutStoppedException>(() => SchemaRollout.RunAsync<int, int>([("main", 1), ("second", 2), ("third", 3)], (name, _) =>
        {
            order.Add(name);
            return name == "second" ? throw new SchemaException("it broke.") : Task.FromResult(1);
        }));
        Assert.Equal(["third", "second"], order);
        Assert.Equal("second: it broke. The rollout stopped there. Done: third; failed: second; not begun: main.", error.Message);
        Assert.IsType<SchemaException>(error.InnerException);
    }
}
