using Holdfast.Operations.Schema.Drift;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Tests.Schema.Migrations;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Drift;

/// <summary>Drift against the user's own migrations.</summary>
public sealed class DriftDirectoryTests
{
    private static readonly (string, string)[] Shop =
    [
        ("V1__orders.sql", "create table orders (id bigint primary key, state text not null)"),
        ("V1.1__index.sql", "-- holdfast:transaction off\ncreate index concurrently \"a ON b; drop table orders; --\" on orders (state)"),
        ("R__open.sql", "create or replace view open_orders as select id from orders where state = 'open'"),
    ];

    [Fact]
    public async Task what_an_own_directory_makes_repeatable_files_too_has_no_drift_and_what_was_changed_by_hand_is_found()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(Shop);
        Assert.Empty(await FindingsAsync(database, Shop));
        await database.RunAsync("create or replace view app.open_orders as select id from app.orders where state = 'closed'; alter table app.orders alter state drop not null");
        Assert.Equal(["column_nullability column orders.state", "view_definition view open_orders"], (await FindingsAsync(database, Shop)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task an_index_whose_name_is_half_a_statement_is_built_again_and_nothing_else_happens()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(Shop);
        await database.RunAsync("drop index app.\"a ON b; drop table orders; --\"");
        var options = Options(Shop);
        var drift = Assert.Single((await CheckAsync(database, options)).Providers);
        Assert.Equal(["index_missing index orders.a ON b; drop table orders; --"], drift.Findings.Select(finding => finding.CacheKey));
        Assert.Empty((await new DriftRepair(options).RunAsync(drift, drift.Differences, null, CancellationToken.None)).Left);
        Assert.Empty(await FindingsAsync(database, Shop));
    }

    [Fact]
    public async Task what_is_pending_is_no_drift_and_a_repeatable_file_that_changed_says_what_to_run()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(Shop);
        Assert.Empty(await FindingsAsync(database, [.. Shop, ("V2__more.sql", "create table more (id int)"), ("R__later.sql", "create view later as select 1 as one")]));
        var changed = (await CheckAsync(database, Options([.. Shop[..2], ("R__open.sql", Shop[2].Item2 + " and id > 0")]))).Findings;
        var history = Assert.Single(changed, finding => finding.Name == "history_chain");
        Assert.Contains("R__open.sql has changed", history.Detail, StringComparison.Ordinal);
        Assert.Equal("holdfast schema migrate --directory the test --schema app --provider main", history.Metadata["run"]);
    }

    [Theory]
    [InlineData("update app.schema_versions set state = 'failed' where version = '1.1'", "V1.1__index.sql failed half-way", "resume")]
    [InlineData("update app.schema_versions set checksum = repeat('0', 64) where version = '1'", "another content", "repair --reason \"why\"")]
    [InlineData("update app.schema_versions set version = '9', script = 'V9__gone.sql' where version = '1.1'", "V9__gone.sql) was applied there and is not known here", "history")]
    [InlineData("truncate app.schema_versions", "No migration was applied", "migrate")]
    public async Task a_history_that_is_wrong_says_what_to_run(string wrong, string what, string run)
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(Shop[..2]);
        await database.RunAsync(wrong);
        var finding = Assert.Single((await CheckAsync(database, Options(Shop[..2]))).Findings, finding => finding.Name == "history_chain");
        Assert.Contains(what, finding.Detail, StringComparison.Ordinal);
        Assert.Equal($"holdfast schema {run} --directory the test --schema app --provider main", finding.Metadata["run"]);
        Assert.EndsWith($"Run: {finding.Metadata["run"]}", finding.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_same_files_in_another_order_are_the_same_history()
    {
        (string, string)[] files = [.. Shop[..2], ("V3__c.sql", "create table c (id int)")], all = [.. files, ("V1.5__late.sql", "create table late (id int)")];
        var (late, other) = (await MigrationDatabase.CreateAsync(), await MigrationDatabase.CreateAsync());
        await late.MigrateAsync(files);
        await other.MigrateAsync(all);
        var missing = Assert.Single(await HistoryAsync(null));
        Assert.Equal("holdfast schema migrate --out-of-order --directory the test --schema app --provider late", missing.Metadata["run"]);
        var lacking = Assert.Single(await HistoryAsync("other"));
        Assert.StartsWith("It lacks 1.5, which other has.", lacking.Detail, StringComparison.Ordinal);
        Assert.Equal(missing.Metadata["run"], lacking.Metadata["run"]);
        var set = MigrationDatabase.Files(all);
        Assert.Equal("migrate --out-of-order", (await SchemaLook.AtAsync(late.Target(set), CancellationToken.None)).Lacks);

        await late.Migrator(set, MigrationDatabase.Quick with { OutOfOrder = true }).MigrateAsync();
        Assert.Empty(await HistoryAsync(null));
        Assert.Empty(await HistoryAsync("other"));
        var looks = await Task.WhenAll(SchemaLook.AtAsync(late.Target(set), CancellationToken.None), SchemaLook.AtAsync(other.Target(set), CancellationToken.None));
        Assert.Equal(looks[0].Fingerprint, looks[1].Fingerprint);
        Assert.NotEqual(looks[0].Chain, looks[1].Chain);
        Assert.All(looks, look => Assert.Equal(("3", null, null), (look.Version, look.Lacks, look.Problem)));
        // A row that was changed by hand is another history, whatever the order.
        await other.RunAsync("update app.schema_versions set checksum = repeat('0', 64) where version = '1.5'");
        Assert.NotEmpty(await HistoryAsync("other"));
        Assert.NotEqual(looks[0].Fingerprint, (await SchemaLook.AtAsync(other.Target(set), CancellationToken.None)).Fingerprint);

        async Task<IReadOnlyList<DriftFinding>> HistoryAsync(string? against) =>
            [.. (await new DriftCheck([Of("late", late), Of("other", other)], Options(all) with { Against = against }).RunAsync(CancellationToken.None)).Findings.Where(finding => finding.Name == "history_chain")];
        static DriftTarget Of(string name, MigrationDatabase database) => new(name, new NpgsqlConnectionStringBuilder(database.Connection));
    }

    [Theory]
    [InlineData("V", "migrate")]
    [InlineData("U", "resume")]
    public async Task what_goes_on_with_a_file_that_was_cut_is_what_status_says(string kind, string verb)
    {
        (string, string)[] files = [("V1__a.sql", "select 1"), ("V2__b.sql", "-- holdfast:transaction off\nselect 2; select 3"), ("U2__b.sql", "-- holdfast:transaction off\nselect 4; select 5")];
        var (database, set) = (await MigrationDatabase.CreateAsync(), MigrationDatabase.Files(files));
        await database.MigrateAsync(kind == "U" ? files : files[..1]);
        var cut = kind == "U" ? set.Undo(MigrationVersion.Parse("2"))! : set.Versioned[1];
        await database.RunAsync($"""
            insert into app.schema_versions (installed_rank, version, description, kind, script, checksum, chain_hash, state, statements, last_statement, applied_by, tool_version, host, started_at)
            select 9, '2', 'b', '{kind}', '{cut.Script}', '{cut.Checksum}', 'statements:', 'running', 2, 0, applied_by, tool_version, host, started_at from app.schema_versions where version = '1'
            """);
        Assert.EndsWith($"'holdfast schema {verb}' goes on", (await SchemaLook.AtAsync(database.Target(set), CancellationToken.None)).Problem, StringComparison.Ordinal);
        if (kind == "U") Assert.NotNull(await database.Migrator(set).ResumeAsync());
        else Assert.NotEmpty(await database.Migrator(set).MigrateAsync());
    }

    [Fact]
    public async Task what_is_made_again_on_the_only_provider_may_be_used_by_whom_it_could_be_before()
    {
        var database = await MigrationDatabase.CreateAsync();
        (string, string)[] files = [("V1__all.sql", "create function fn_s() returns int language sql as 'select 1'; create type mood_s as enum ('a'); create domain dom_s as text; create table t (id int)")];
        await database.RunAsync("create role single_reader");
        await database.MigrateAsync(files);
        await database.RunAsync("alter default privileges in schema app grant select on tables to single_reader; drop function app.fn_s(); drop type app.mood_s; drop domain app.dom_s; drop table app.t");
        var options = Options(files);
        var drift = Assert.Single((await CheckAsync(database, options)).Providers);
        var result = await new DriftRepair(options).RunAsync(drift, drift.Differences, null, CancellationToken.None);
        Assert.Empty(result.Left.Select(left => left.Detail));
        Assert.DoesNotContain(result.Proof.Proved.SelectMany(step => step.Statements), sql => sql.Contains("revoke", StringComparison.Ordinal));
        Assert.True(await database.AskAsync<bool>("select has_function_privilege('single_reader', 'app.fn_s()', 'execute') and has_type_privilege('single_reader', 'app.mood_s', 'usage') and has_type_privilege('single_reader', 'app.dom_s', 'usage') and has_table_privilege('single_reader', 'app.t', 'select')"));
        Assert.Empty(await FindingsAsync(database, files));
    }

    [Fact]
    public async Task a_database_that_is_set_to_read_only_is_not_called_a_standby()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(Shop);
        await database.RunAsync("do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$");
        var error = Assert.IsType<SchemaException>(Assert.Single((await CheckAsync(database, Options(Shop))).Providers).Error);
        Assert.Contains("default_transaction_read_only is on by a setting of the database", error.Message, StringComparison.Ordinal);
        Assert.Contains("reset default_transaction_read_only", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("standby", error.Message, StringComparison.Ordinal);
    }

    private static DriftOptions Options((string, string)[] files) => DriftOptions.Of(MigrationDatabase.Files(files), MigrationDatabase.Schema);

    private static Task<DriftReport> CheckAsync(MigrationDatabase database, DriftOptions options) =>
        new DriftCheck([new DriftTarget("main", new NpgsqlConnectionStringBuilder(database.Connection))], options).RunAsync(CancellationToken.None);

    private static async Task<IEnumerable<string>> FindingsAsync(MigrationDatabase database, (string, string)[] files) =>
        (await CheckAsync(database, Options(files))).Findings.Select(finding => finding.CacheKey);
}
