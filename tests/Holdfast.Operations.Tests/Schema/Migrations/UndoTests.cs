using Holdfast.Operations.Schema.Migrations;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Migrations;

public sealed class UndoTests
{
    private static readonly (string, string) Base = ("V1__t.sql", "create table t (id int)");

    private static async Task<IReadOnlyList<MigrationStep>> UndoAsync(MigrationDatabase database, MigrationSet set, int? steps = null, string? to = null, bool lossy = false) =>
        await new SchemaUndo(database.Target(set, MigrationDatabase.Quick with { AllowDataLoss = lossy })).RunAsync(steps, to, null, null, CancellationToken.None);

    [Theory]
    [InlineData("create table u (id int)", "drop table u", "insert into app.u values (1)", "app.u has rows")]
    [InlineData("create table u (id int)", "drop table if exists {schema}.u cascade", "insert into app.u values (1)", "app.u has rows")]
    [InlineData("alter table t add c int, add d int", "alter table t drop constraint if exists x, drop column c, drop if exists d", "insert into app.t (d) values (1)", "app.t.d has values")]
    [InlineData("create table u (id int)", "truncate u", "insert into app.u values (1)", "app.u has rows")]
    [InlineData("create table u (id int)", "delete from u where id > 0", "insert into app.u values (1)", "app.u has rows")]
    [InlineData("create schema s2; create table s2.u (id int)", "drop schema s2 cascade", "insert into s2.u values (1)", "s2.u has rows")]
    [InlineData("create table u (id int)", "do $$ begin execute 'drop table u'; end $$", "select 1", "cannot be told")]
    [InlineData("alter table t add c text", "alter table t drop column id; alter table t alter column c type varchar(3) using left(c, 3)", "select 1", "cannot be told")]
    [InlineData("alter table t add c text", "alter table only (t) drop c", "insert into app.t (c) values ('x')", "app.t.c has values")]
    [InlineData("alter table t add c text", "alter table t * drop column c", "insert into app.t (c) values ('x')", "app.t.c has values")]
    [InlineData("create table u (id int)", "truncate table only (u)", "insert into app.u values (1)", "app.u has rows")]
    [InlineData("create table u (id int)", "drop table U&\"!0075\" uescape '!'", "insert into app.u values (1)", "app.u has rows")]
    [InlineData("create table u (id int)", "with x as (select 1) delete from u where id > 0", "insert into app.u values (1)", "cannot be told")]
    [InlineData("create table u (id int)", "alter table u rename to v; drop table v", "insert into app.u values (1)", "renames or moves")]
    [InlineData("create table u (id int); create schema s2", "set search_path = s2; drop table if exists u", "create table s2.u (id int)", "renames or moves")]
    [InlineData("create domain d as text; alter table t add c d", "drop domain d cascade", "insert into app.t (c) values ('x')", "cannot be told")]
    public async Task an_undo_that_would_lose_rows_is_refused_and_runs_without_them(string sql, string undo, string fill, string said)
    {
        var database = await MigrationDatabase.CreateAsync();
        var set = MigrationDatabase.Files(Base, ("V2__u.sql", sql), ("U2__u.sql", undo));
        await database.Migrator(set).MigrateAsync();
        await database.RunAsync(fill);
        Assert.Contains(said, string.Join(' ', (await new SchemaUndo(database.Target(set)).PlanAsync(1, null, CancellationToken.None))[0].Losses), StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<SchemaException>(() => UndoAsync(database, set, 1));
        Assert.Contains("--allow-data-loss", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await database.HistoryAsync()).Count(row => row.State == "applied"));
        Assert.Equal("U2__u.sql", Assert.Single(await UndoAsync(database, set, 1, lossy: true)).Script);
        Assert.Equal(["V applied", "V reverted", "U reverted"], (await database.HistoryAsync()).Select(row => $"{row.Kind} {row.State}"));
    }

    [Fact]
    public async Task what_was_taken_back_can_be_applied_again_and_the_chain_is_the_same()
    {
        var database = await MigrationDatabase.CreateAsync();
        var set = MigrationDatabase.Files(Base, ("V2__u.sql", "create table u (id int)"), ("U2__u.sql", "drop table u"),
            ("V3__i.sql", "-- holdfast:transaction off\ncreate index concurrently t_id on t (id)"), ("U3__i.sql", "-- holdfast:transaction off\ndrop index concurrently t_id"));
        await database.Migrator(set).MigrateAsync();
        var chain = HistoryChain.End(await database.HistoryAsync());
        Assert.Equal(["U3__i.sql", "U2__u.sql"], (await UndoAsync(database, set, to: "1")).Select(step => step.Script));
        Assert.Equal(["V2__u.sql", "V3__i.sql"], (await database.Migrator(set).PlanAsync()).Select(step => step.Script));
        Assert.Equal(2, (await database.Migrator(set).MigrateAsync()).Count);
        Assert.Equal(chain, HistoryChain.End(await database.HistoryAsync()));
        await Assert.ThrowsAsync<InvalidInputException>(() => UndoAsync(database, set, to: "7"));
    }

    [Fact]
    public async Task without_an_undo_file_nothing_is_taken_back()
    {
        var database = await MigrationDatabase.CreateAsync();
        var set = MigrationDatabase.Files(Base, ("V2__u.sql", "create table u (id int)"), ("U2__u.sql", "drop table u"));
        await database.Migrator(set).MigrateAsync();
        Assert.Contains("V1__t.sql has no undo file", (await Assert.ThrowsAsync<SchemaException>(() => UndoAsync(database, set, 2))).Message, StringComparison.Ordinal);
        Assert.Equal(2, (await database.HistoryAsync()).Count(row => row.State == "applied"));
    }

    [Fact]
    public async Task holdfasts_own_are_taken_back_but_for_the_first()
    {
        var database = await MigrationDatabase.CreateAsync();
        MigrationTarget Own() => new(database.Connection, MigrationSet.Shipped, "holdfast", MigrationDatabase.Quick, null);
        await new SchemaMigrator(Own()).MigrateAsync();
        await new SchemaUndo(Own()).RunAsync(null, "1", null, null, CancellationToken.None);
        Assert.Contains("no undo file", (await Assert.ThrowsAsync<SchemaException>(() => new SchemaUndo(Own()).RunAsync(1, null, null, null, CancellationToken.None))).Message, StringComparison.Ordinal);
        Assert.Equal(MigrationSet.Shipped.Versioned.Count - 1, (await new SchemaMigrator(Own()).MigrateAsync()).Count);
    }

    [Fact]
    public async Task a_repair_accepts_a_changed_file_and_keeps_who_and_why()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(Base, ("V2__b.sql", "select 2"));
        var changed = MigrationDatabase.Files(("V1__t.sql", "create table t (id int) -- one column"), ("V2__b.sql", "select 2"));
        Assert.Contains("schema repair", (await Assert.ThrowsAsync<SchemaException>(() => database.Migrator(changed).MigrateAsync())).Message, StringComparison.Ordinal);
        Assert.Single(await new SchemaRepair(database.Target(changed)).PlanAsync(CancellationToken.None));
        Assert.Single(await new SchemaRepair(database.Target(changed)).RunAsync("a comment", CancellationToken.None));
        Assert.Empty(await database.Migrator(changed).MigrateAsync());
        Assert.Empty(await new SchemaRepair(database.Target(changed)).RunAsync("again", CancellationToken.None));
        var row = (await database.HistoryAsync())[0];
        Assert.Contains($"by {DestructiveGuard.Who}", row.Error, StringComparison.Ordinal);
        Assert.EndsWith(": a comment", row.Error, StringComparison.Ordinal);
        // As if it had been applied so from the start.
        var other = await MigrationDatabase.CreateAsync();
        await other.Migrator(changed).MigrateAsync();
        Assert.Equal(HistoryChain.End(await other.HistoryAsync()), HistoryChain.End(await database.HistoryAsync()));
    }

    [Fact]
    public async Task a_baseline_records_what_is_there_and_refuses_what_is_not()
    {
        var database = await MigrationDatabase.CreateAsync();
        var set = MigrationDatabase.Files(Base, ("V2__u.sql", "create table {schema}.u (id int); drop table t;"), ("V3__w.sql", "create table w (id int)"), ("U3__w.sql", "drop table w"));
        SchemaBaseline Baseline() => new(database.Target(set, MigrationDatabase.Quick with { AllowDestructive = "V2" }));
        Assert.Contains("app.u", (await Assert.ThrowsAsync<SchemaException>(() => Baseline().RunAsync("2", false, CancellationToken.None))).Message, StringComparison.Ordinal);
        await database.RunAsync("create schema app; create table app.u (id int)");
        await Assert.ThrowsAsync<SchemaException>(() => Baseline().RunAsync("3", false, CancellationToken.None));
        await Assert.ThrowsAsync<InvalidInputException>(() => Baseline().RunAsync("9", false, CancellationToken.None));
        Assert.Equal(2, (await Baseline().RunAsync("2", true, CancellationToken.None)).Count);
        Assert.Empty(await database.HistoryAsync());
        Assert.Equal(2, (await Baseline().RunAsync("2", false, CancellationToken.None)).Count);
        Assert.All(await database.HistoryAsync(), row => Assert.Equal(("B", "baseline"), (row.Kind, row.State)));
        Assert.Contains("has a history already", (await Assert.ThrowsAsync<SchemaException>(() => Baseline().RunAsync("2", false, CancellationToken.None))).Message, StringComparison.Ordinal);
        Assert.Equal(["V3__w.sql"], (await database.Migrator(set).MigrateAsync()).Select(step => step.Script));
        Assert.Contains("baseline", (await Assert.ThrowsAsync<SchemaException>(() => UndoAsync(database, set, 3))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task holdfasts_own_tables_without_their_history_are_adopted()
    {
        var database = await MigrationDatabase.CreateAsync();
        await new SchemaMigrator(database.Connection).MigrateAsync();
        var last = MigrationSet.Shipped.Versioned[^1].Version!.Text;
        var chain = await database.AskAsync<string>($"select chain_hash from holdfast.schema_versions where version = '{last}'");
        await database.RunAsync("drop table holdfast.schema_versions");
        var target = new MigrationTarget(database.Connection, MigrationSet.Shipped, "holdfast", MigrationDatabase.Quick, null);
        await new SchemaBaseline(target).RunAsync(last, false, CancellationToken.None);
        Assert.Empty(await new SchemaMigrator(target).MigrateAsync());
        Assert.Equal(chain, await database.AskAsync<string>($"select chain_hash from holdfast.schema_versions where version = '{last}'"));
    }
}
