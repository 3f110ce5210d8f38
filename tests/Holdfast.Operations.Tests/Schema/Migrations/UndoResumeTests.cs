using Holdfast.Operations.Schema.Migrations;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Migrations;

/// <summary>Undo files without a transaction: rows that come in on the way are seen before the statement that would take them.</summary>
public sealed class UndoResumeTests
{
    private static readonly (string, string) Base = ("V1__t.sql", "create table t (id int)");
    private static readonly (string, string) Made = ("V2__u.sql", "create table u (id int)");

    private static SchemaUndo Undo(MigrationDatabase database, MigrationSet set) => new(database.Target(set));

    [Fact]
    public async Task rows_that_came_after_an_undo_failed_are_not_dropped_by_its_resumption()
    {
        var database = await MigrationDatabase.CreateAsync();
        var set = MigrationDatabase.Files(Base, Made, ("U2__u.sql", "-- holdfast:transaction off\nselect 1 / (select count(*) from t);\ndrop table u;"));
        await database.Migrator(set).MigrateAsync();
        await Assert.ThrowsAsync<MigrationFailedException>(() => Undo(database, set).RunAsync(1, null, null, null, CancellationToken.None));
        await database.RunAsync("insert into app.t values (1); insert into app.u values (1)");

        var error = await Assert.ThrowsAsync<SchemaException>(() => database.Migrator(set).ResumeAsync());
        Assert.Contains("app.u has rows", error.Message, StringComparison.Ordinal);
        Assert.Contains("--allow-data-loss", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.AskAsync<long>("select count(*) from app.u"));
        Assert.True((await database.HistoryAsync())[^1] is { Kind: "U", State: "failed", LastStatement: 0 });

        Assert.NotNull(await database.Migrator(set, MigrationDatabase.Quick with { AllowDataLoss = true }).ResumeAsync());
        Assert.True((await database.HistoryAsync())[^1] is { Kind: "U", State: "reverted", Error: { } remark } && remark.Contains("data loss allowed by", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("drop table u", "insert into app.u values (1)", "app.u has rows", "select count(*) from app.u")]
    [InlineData("alter table u drop column c", "insert into app.u (c) values (1)", "app.u.c has values", "select count(c) from app.u")]
    public async Task rows_that_come_while_an_undo_runs_are_seen_under_the_lock_of_the_statement(string undo, string write, string said, string count)
    {
        var database = await MigrationDatabase.CreateAsync();
        var set = MigrationDatabase.Files(Base, ("V2__u.sql", "create table u (id int, c int)"), ("U2__u.sql", $"-- holdfast:transaction off\nselect 1;\n{undo};"));
        await database.Migrator(set).MigrateAsync();
        await using var writer = await database.OpenAsync();
        var events = new Events(news =>
        {
            if (!news.Text.StartsWith("statement 2", StringComparison.Ordinal)) return;
            using var command = new NpgsqlCommand(write, writer);
            command.ExecuteNonQuery();
        });
        var error = await Assert.ThrowsAsync<MigrationFailedException>(() => Undo(database, set).RunAsync(1, null, null, events, CancellationToken.None));
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Contains("1 of 2 statements are done", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.AskAsync<long>(count));
        Assert.True((await database.HistoryAsync())[^1] is { Kind: "U", State: "failed", LastStatement: 1 });
        // The way on: the rows are moved away by whoever knows them.
        await database.RunAsync("delete from app.u");
        Assert.NotNull(await database.Migrator(set).ResumeAsync());
    }

    [Fact]
    public async Task rows_that_row_level_security_hides_are_not_taken_for_none()
    {
        var database = await MigrationDatabase.CreateAsync();
        var name = new NpgsqlConnectionStringBuilder(database.Connection).Database!;
        await database.RunAsync($"create role rls_{name} login; grant create on database {name} to rls_{name}");
        var own = new MigrationDatabase(new NpgsqlConnectionStringBuilder(database.Connection) { Username = $"rls_{name}" }.ConnectionString);
        var set = MigrationDatabase.Files(Base, Made, ("U2__u.sql", "drop table u"));
        await own.Migrator(set).MigrateAsync();
        await database.RunAsync("insert into app.u values (1); alter table app.u enable row level security, force row level security; create policy tenant on app.u using (id::text = current_setting('app.tenant', true))");

        var error = await Assert.ThrowsAsync<SchemaException>(() => Undo(own, set).RunAsync(1, null, null, null, CancellationToken.None));
        Assert.Contains("row-level security hides", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.AskAsync<long>("select count(*) from app.u"));

        // A policy that shows the role all rows is as good as none, as the one of Holdfast's owner is.
        await database.RunAsync($"create policy all_of_the_owner on app.u to rls_{name} using (true) with check (true)");
        Assert.Contains("app.u has rows", (await Assert.ThrowsAsync<SchemaException>(() => Undo(own, set).RunAsync(1, null, null, null, CancellationToken.None))).Message, StringComparison.Ordinal);
        await database.RunAsync("create policy narrow on app.u as restrictive using (id = 7)");
        Assert.Contains("row-level security hides", (await Assert.ThrowsAsync<SchemaException>(() => Undo(own, set).RunAsync(1, null, null, null, CancellationToken.None))).Message, StringComparison.Ordinal);
        await database.RunAsync("drop policy narrow on app.u; delete from app.u");
        Assert.Single(await Undo(own, set).RunAsync(1, null, null, null, CancellationToken.None));
    }
}
