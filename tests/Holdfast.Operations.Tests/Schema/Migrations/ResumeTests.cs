using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Migrations;

/// <summary>Files without a transaction: what fails or is cut half-way, and how it goes on.</summary>
public sealed class ResumeTests
{
    private static readonly (string, string) Table = ("V1__t.sql", "create table t (id int, a int); insert into t select i, i % 500 from generate_series(1, 1000) i;");

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task a_failed_build_leaves_no_invalid_index_and_is_resumed_when_its_cause_is_gone(PostgresVersion version)
    {
        var database = await MigrationDatabase.CreateAsync(version);
        (string, string)[] files = [Table, ("V2__u.sql", "-- holdfast:transaction off\ninsert into t values (-1, -1);\ncreate unique index concurrently t_a on t (a);\ninsert into t values (-2, -2);"), ("V3__c.sql", "select 3")];
        var error = await Assert.ThrowsAsync<MigrationFailedException>(() => database.MigrateAsync(files));
        Assert.Contains("V2__u.sql, line 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("1 of 3 statements are done", error.Message, StringComparison.Ordinal);
        Assert.Contains("schema resume", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.InvalidIndexesAsync());
        Assert.True((await database.HistoryAsync())[^1] is { State: "failed", LastStatement: 1, Statements: 3, Error: not null, FinishedAt: not null });

        // A failure is looked at by somebody before it goes on.
        Assert.Contains("holdfast schema resume", (await Assert.ThrowsAsync<SchemaException>(() => database.MigrateAsync(files))).Message, StringComparison.Ordinal);
        var migrator = database.Migrator(MigrationDatabase.Files(files));
        await Assert.ThrowsAsync<MigrationFailedException>(() => migrator.ResumeAsync());
        await database.RunAsync("delete from app.t where id > 500");
        Assert.Equal("V2__u.sql", (await migrator.ResumeAsync())!.Script);
        Assert.Null(await migrator.ResumeAsync());
        Assert.True((await database.HistoryAsync())[^1] is { State: "applied", LastStatement: 3, Error: null });
        Assert.Equal(1, await database.AskAsync<long>("select count(*) from app.t where id = -1"));
        Assert.Equal(["V3__c.sql"], (await database.MigrateAsync(files)).Select(step => step.Script));
    }

    [Fact]
    public async Task what_a_file_sets_counts_for_all_its_statements_also_when_it_is_resumed_and_for_no_other_file()
    {
        var database = await MigrationDatabase.CreateAsync();
        (string, string)[] files =
        [
            Table,
            ("V2__set.sql", """
                -- holdfast:transaction off
                set work_mem = '7MB';
                select pg_catalog.set_config('lock_timeout', '9s', false);
                create schema elsewhere;
                set search_path to elsewhere;
                create table there as select current_setting('work_mem') work_mem, current_setting('lock_timeout') lock_timeout;
                create index concurrently there_i on there (work_mem);
                do $$ begin insert into there values (current_setting('work_mem'), 'do'); end $$;
                insert into there select 'once', 1 / count(*)::int from app.t where id = 5000;
                reset work_mem;
                insert into there values (current_setting('work_mem'), 'reset');
                """),
            ("V3__after.sql", "create table after as select current_setting('work_mem') work_mem;"),
        ];
        await Assert.ThrowsAsync<MigrationFailedException>(() => database.MigrateAsync(files));
        await database.RunAsync("insert into app.t values (5000, 1)");
        await database.Migrator(MigrationDatabase.Files(files)).ResumeAsync();
        await database.MigrateAsync(files);
        var usual = await database.AskAsync<string>("show work_mem");
        Assert.Equal($"7MB 9s, 7MB do, once 1, {usual} reset", await database.AskAsync<string>("select string_agg(work_mem || ' ' || lock_timeout, ', ' order by ctid) from elsewhere.there"));
        Assert.Equal(usual, await database.AskAsync<string>("select work_mem from app.after"));
        Assert.Equal("elsewhere.there_i", await database.AskAsync<string>("select to_regclass('elsewhere.there_i')::text"));
    }

    [Fact]
    public async Task a_file_that_must_change_is_repaired_and_then_resumed()
    {
        var database = await MigrationDatabase.CreateAsync();
        (string, string)[] Files(string columns) => [Table, ("V2__u.sql", $"-- holdfast:transaction off\ninsert into t values (-1, -1);\ncreate unique index concurrently t_a on t ({columns});")];
        await Assert.ThrowsAsync<MigrationFailedException>(() => database.MigrateAsync(Files("a")));
        var mended = MigrationDatabase.Files(Files("a, id"));
        Assert.Contains("schema repair", (await Assert.ThrowsAsync<SchemaException>(() => database.Migrator(mended).ResumeAsync())).Message, StringComparison.Ordinal);
        Assert.Single(await new SchemaRepair(database.Target(mended)).RunAsync("a alone is not unique", CancellationToken.None));
        Assert.NotNull(await database.Migrator(mended).ResumeAsync());
        Assert.Equal(1, await database.AskAsync<long>("select count(*) from app.t where id = -1"));
        Assert.Empty(await database.Migrator(mended).MigrateAsync());
    }

    [Fact]
    public async Task a_session_that_dies_in_a_build_leaves_an_invalid_index_that_the_next_run_replaces()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(Table);
        await using var old = await database.OpenAsync("an old report");
        await using var transaction = await old.BeginTransactionAsync();
        await using (var write = new NpgsqlCommand("update app.t set a = a where id = 1", old)) await write.ExecuteNonQueryAsync();
        (string, string)[] files = [Table, ("V2__i.sql", "-- holdfast:transaction off\ncreate index concurrently t_a on t (a);\ninsert into t values (0, 0);")];

        var events = new Events();
        var run = database.Migrator(MigrationDatabase.Files(files)).MigrateAsync(events);
        await Wait.UntilAsync(async () => await database.InvalidIndexesAsync() == 1, "the build has begun");
        await Wait.UntilAsync(() => events.All.Any(news => news.Text.Contains("waits for process", StringComparison.Ordinal)), "the build says whom it waits for");
        await database.RunAsync("select pg_terminate_backend(pid) from pg_stat_progress_create_index where datname = current_database()");
        await Assert.ThrowsAnyAsync<HoldfastException>(() => run);
        Assert.Contains(events.All, news => news.Kind == MigrationEventKind.Blocked && news.Text.Contains("an old report", StringComparison.Ordinal));
        Assert.True((await database.HistoryAsync())[^1] is { State: "running", LastStatement: 0 });
        Assert.Equal(1, await database.InvalidIndexesAsync());

        // Who began is gone, as the lock proves: the next run goes on by itself.
        await transaction.RollbackAsync();
        var again = new Events();
        Assert.Equal(["V2__i.sql"], (await database.Migrator(MigrationDatabase.Files(files)).MigrateAsync(again)).Select(step => step.Script));
        Assert.Contains(again.All, news => news.Text.Contains("it is dropped first", StringComparison.Ordinal));
        Assert.Equal(0, await database.InvalidIndexesAsync());
        Assert.Equal(1, await database.AskAsync<long>("select count(*) from app.t where id = 0"));
    }

    [Theory]
    [InlineData("create index concurrently t_a on t (a)", "create index t_a on app.t (a)")]
    [InlineData("drop index concurrently t_id", "drop index app.t_id")]
    [InlineData("drop index concurrently t_id", "select 1")]
    [InlineData("reindex index concurrently t_id", "select 1")]
    [InlineData("reindex table concurrently t", "select 1")]
    public async Task a_statement_that_was_cut_before_or_after_its_end_is_done_once(string sql, string before)
    {
        var database = await MigrationDatabase.CreateAsync();
        (string, string)[] files = [("V1__t.sql", "create table t (id int, a int); create index t_id on t (id)"), ("V2__i.sql", $"-- holdfast:transaction off\n{sql};\ninsert into t values (0, 0);")];
        await database.MigrateAsync(files[0]);
        // As a killed process leaves it: begun, perhaps done, not counted.
        var file = MigrationFile.Parse(files[1].Item1, files[1].Item2).Prepare(MigrationDatabase.Schema);
        await using (var dead = await database.OpenAsync())
            await new SchemaHistory(MigrationDatabase.Schema).InsertAsync(dead, NewHistoryRow.Of(file, new string('0', 64), "running", null, DateTimeOffset.UnixEpoch), CancellationToken.None);
        await database.RunAsync(before);
        Assert.Single(await database.MigrateAsync(files));
        Assert.True((await database.HistoryAsync())[^1] is { State: "applied", LastStatement: 2 });
        Assert.Equal((0L, 1L), (await database.InvalidIndexesAsync(), await database.AskAsync<long>("select count(*) from app.t")));
    }

    [Fact]
    public async Task a_cancelled_build_cleans_up_behind_itself()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(Table);
        await using var old = await database.OpenAsync();
        await using var transaction = await old.BeginTransactionAsync();
        await using (var write = new NpgsqlCommand("update app.t set a = a where id = 1", old)) await write.ExecuteNonQueryAsync();
        using var stop = new CancellationTokenSource();
        (string, string)[] files = [Table, ("V2__i.sql", "-- holdfast:transaction off\ncreate index concurrently t_a on t (a)")];
        var run = database.Migrator(MigrationDatabase.Files(files)).MigrateAsync(null, stop.Token);
        await Wait.UntilAsync(async () => await database.InvalidIndexesAsync() == 1, "the build has begun");
        await stop.CancelAsync();
        await transaction.RollbackAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(0, await database.InvalidIndexesAsync());
        Assert.Single(await database.MigrateAsync(files));
    }
}
