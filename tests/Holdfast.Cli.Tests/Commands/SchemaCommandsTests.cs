using Holdfast.Cli.Tests.Program;
using Holdfast.Operations.Schema.Migrations;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

/// <summary>The commands about migrations as people run them: what they print, and how they end.</summary>
public sealed class SchemaCommandsTests(Server server) : IDisposable
{
    // What the command was said with, so that the one that is advised works on the same tables.
    private string Said => string.Join(' ', _app.Options);

    private string Current => $"up to date: its history was read ('holdfast schema drift {Said}' compares everything)\n";

    private readonly OwnMigrations _app = new(server);

    public void Dispose() => _app.Dispose();

    [Fact]
    public async Task a_migration_is_begun_planned_tried_applied_shown_and_taken_back()
    {
        await _app.ProvidersAsync("main");
        var files = (await _app.Holdfast.RunAsync("schema", "new", "add invoices")).Done().Out.Split('\n');
        Assert.EndsWith("V0001__add_invoices.sql", files[0], StringComparison.Ordinal);
        _app.File("V0001__add_invoices.sql", "-- holdfast:phase expand\ncreate table invoices (id int);\nalter table invoices add paid boolean;");
        _app.File("U0001__add_invoices.sql", "drop table invoices;");
        Assert.Contains("has another content", (await _app.RunAsync("migrate")).Ended(4).Errors, StringComparison.Ordinal);
        (await _app.Holdfast.RunAsync("schema", "new", "--sum")).Done();

        Assert.Contains("ACCESS EXCLUSIVE", (await _app.RunAsync("plan --offline")).Done().Out, StringComparison.Ordinal);
        var planned = (await _app.RunAsync("plan", "--json")).Result.GetProperty("files")[0];
        Assert.Equal(("expand", true, 2), (planned.GetProperty("phase").GetString(), planned.GetProperty("transactional").GetBoolean(), planned.GetProperty("statements").GetArrayLength()));
        Assert.Contains("pending", (await _app.RunAsync("status")).Done().Out, StringComparison.Ordinal);
        Assert.StartsWith("would apply V0001", (await _app.RunAsync("migrate", "--dry-run")).Done().Out, StringComparison.Ordinal);
        Assert.StartsWith("ran and rolled back V0001", (await _app.RunAsync("migrate", "--dry-run", "--execute")).Done().Out, StringComparison.Ordinal);
        (await _app.RunAsync("migrate", "--execute")).Ended(2);
        var applied = (await _app.RunAsync("migrate")).Done();
        Assert.Equal("applied V0001__add_invoices.sql\ncompared with its migrations: nothing differs\n", applied.Out);
        Assert.StartsWith("target: main  127.0.0.1:", applied.Errors, StringComparison.Ordinal);
        Assert.Equal(Current, (await _app.RunAsync("migrate")).Done().Out);
        var row = (await _app.RunAsync("history", "--json")).Result[0].GetProperty("rows")[0];
        Assert.Equal(("applied", 2, 2), (row.GetProperty("state").GetString(), row.GetProperty("statements").GetInt32(), row.GetProperty("last_statement").GetInt32()));
        Assert.Contains("applied", (await _app.RunAsync("history")).Done().Out, StringComparison.Ordinal);

        Assert.Contains("--yes", (await _app.RunAsync("undo")).Ended(4).Errors, StringComparison.Ordinal);
        Assert.Contains("drop table invoices", (await _app.RunAsync("undo", "--dry-run")).Done().Errors, StringComparison.Ordinal);
        (await _app.RunAsync("undo", "--steps", "1", "--to", "0")).Ended(2);
        Assert.Equal("taken back with U0001__add_invoices.sql\ncompared with its migrations: nothing differs\n", (await _app.RunAsync("undo", "--yes")).Done().Out);
        Assert.Equal("nothing to take back\n", (await _app.RunAsync("undo", "--yes")).Done().Out);
        Assert.Contains("reverted", (await _app.RunAsync("status")).Done().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_is_refused_ends_with_4_what_failed_with_1_and_both_say_how_to_go_on()
    {
        await _app.ProvidersAsync("main");
        _app.File("V1__t.sql", "create table t (id int, a int); insert into t values (1, 1), (2, 1);");
        (await _app.RunAsync("migrate")).Done();
        _app.File("V2__gone.sql", "truncate t;");
        Assert.Contains("--allow-destructive", (await _app.RunAsync("migrate")).Ended(4).Errors, StringComparison.Ordinal);
        Assert.Contains("THROWS DATA AWAY", (await _app.RunAsync("plan")).Done().Out, StringComparison.Ordinal);
        (await _app.RunAsync("migrate", "--allow-destructive", " ")).Ended(2);
        _app.File("V2__gone.sql", "select 1;\ncommit;");
        Assert.Contains("V2__gone.sql, line 2", (await _app.RunAsync("migrate")).Ended(4).Errors, StringComparison.Ordinal);
        // A script that fails half-way is no success, and nothing of it stands.
        _app.File("V2__gone.sql", "create table half (id int);\nselect nothing;");
        var failed = (await _app.RunAsync("migrate", "--json")).Ended(1);
        Assert.Equal("failed", failed.Envelope.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("V2__gone.sql, line 2", failed.Errors, StringComparison.Ordinal);
        _app.File("V2__gone.sql", "-- holdfast:transaction off\ncreate unique index concurrently t_a on t (a);");
        var half = (await _app.RunAsync("migrate")).Ended(1);
        Assert.Contains($"go on: holdfast schema resume {Said} (if the file must change: holdfast schema repair {Said} --reason", half.Errors, StringComparison.Ordinal);
        Assert.Contains($"'holdfast schema resume {Said}' goes on", (await _app.RunAsync("status")).Ended(9).Out, StringComparison.Ordinal);
        Assert.Contains($"holdfast schema resume {Said} --provider main", (await _app.RunAsync("status", "--provider", "main", "--json")).Ended(9).Envelope.GetProperty("result").GetProperty("providers")[0].GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.Contains($"hint: holdfast schema resume {Said} --provider main\n", (await _app.RunAsync("drift")).Ended(9).Errors, StringComparison.Ordinal);
        Assert.Contains("schema resume", (await _app.RunAsync("migrate")).Ended(4).Errors, StringComparison.Ordinal);
        Assert.Contains("failed", (await _app.RunAsync("status")).Ended(9).Out, StringComparison.Ordinal);
        (await _app.RunAsync("resume")).Ended(1);
        await _app.ExecuteAsync("main", "delete from app.t where id = 2");
        // Its own rows stand against the index when the files are replayed: nothing to compare with, and that is said.
        Assert.StartsWith("finished V2__gone.sql\nNOT compared with its migrations: ", (await _app.RunAsync("resume")).Done().Out, StringComparison.Ordinal);
        Assert.Equal("nothing was cut\n", (await _app.RunAsync("resume")).Done().Out);

        _app.File("V1__t.sql", "create table t (id int, a int); insert into t values (1, 1), (2, 1); -- and a remark");
        Assert.Contains("changed", (await _app.RunAsync("status")).Ended(9).Out, StringComparison.Ordinal);
        (await _app.RunAsync("migrate")).Ended(4);
        (await _app.RunAsync("repair")).Ended(2);
        (await _app.RunAsync("repair", "--reason", "a remark")).Ended(4);
        Assert.Equal("accepted V1__t.sql\n", (await _app.RunAsync("repair", "--reason", "a remark", "--yes")).Done().Out);
        Assert.Equal("nothing to repair\n", (await _app.RunAsync("repair", "--reason", "a remark", "--yes")).Done().Out);
        Assert.Equal(Current, (await _app.RunAsync("migrate")).Done().Out);
        _app.File("V9.sql", "select 1");
        (await _app.RunAsync("plan")).Ended(4);
        (await _app.Holdfast.RunAsync("schema", "plan", "--directory", _app.Holdfast.PathOf("nowhere"))).Ended(6);
        (await _app.Holdfast.RunAsync("schema", "history", "--provider", "local")).Ended(2);
        (await _app.Holdfast.RunAsync("schema", "migrate", "--phase", "later")).Ended(2);
    }

    [Fact]
    public async Task a_schema_without_a_history_is_adopted_and_serves()
    {
        await _app.ProvidersAsync("main");
        (await _app.Holdfast.RunAsync("schema", "baseline", "0001", "--yes")).Ended(4);
        (await _app.Holdfast.RunAsync("schema", "migrate")).Done();
        await _app.ExecuteAsync("main", "drop table holdfast.schema_versions");
        Assert.Contains("--yes", (await _app.Holdfast.RunAsync("schema", "baseline", "0001")).Ended(4).Errors, StringComparison.Ordinal);
        Assert.Contains("adopted V0001", (await _app.Holdfast.RunAsync("schema", "baseline", MigrationSet.Shipped.Versioned[^1].Version!.Text, "--yes")).Done().Out, StringComparison.Ordinal);
        (await _app.Holdfast.RunAsync("remember", "hello", "--session", "s", "--provider", "main")).Done();
        Assert.Contains("baseline", (await _app.Holdfast.RunAsync("schema", "status")).Done().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_file_below_one_that_was_applied_is_planned_as_what_migrate_refuses()
    {
        await _app.ProvidersAsync("main");
        _app.File("V1__a.sql", "create table a (id int);");
        _app.File("V3__c.sql", "create table c (id int);");
        (await _app.RunAsync("migrate")).Done();
        _app.File("V2__b.sql", "create table b (id int);");
        _app.File("U2__b.sql", "drop table b;");
        (await _app.RunAsync("migrate")).Ended(4);
        var plan = (await _app.RunAsync("plan")).Ended(10);
        Assert.StartsWith("main: V2__b.sql (out of order: migrate needs --out-of-order)\n", plan.Out, StringComparison.Ordinal);
        Assert.Contains($"or: holdfast schema migrate {Said} --out-of-order\n", plan.Errors, StringComparison.Ordinal);
        var rehearsed = (await _app.RunAsync("plan", "--rehearse", "--json")).ResultWith(10);
        Assert.Equal("V2__b.sql", Assert.Single(rehearsed.GetProperty("providers")[0].GetProperty("out_of_order").EnumerateArray()).GetString());
        Assert.Equal("V2__b.sql", Assert.Single(rehearsed.GetProperty("rehearsals")[0].GetProperty("applied").EnumerateArray()).GetString());
        (await _app.RunAsync("migrate", "--out-of-order")).Done();
        (await _app.RunAsync("plan")).Done();
    }

    [Fact]
    public async Task the_backups_go_first_the_first_failure_ends_it_and_the_one_that_was_named_is_the_one_that_is_changed()
    {
        await _app.ProvidersAsync("main", "second", "third");
        _app.File("V1__t.sql", "create table t (id int);");
        await _app.ExecuteAsync("second", "create schema app; create table app.t (id int)");
        var stopped = (await _app.RunAsync("migrate")).Ended(1);
        Assert.Contains("Done: third; failed: second; not begun: main.", stopped.Errors, StringComparison.Ordinal);
        var status = (await _app.RunAsync("status", "--json")).ResultWith(9);
        Assert.False(status.GetProperty("chains_equal").GetBoolean());
        Assert.Equal("pending pending applied", await _app.StatesAsync("V1__t.sql"));

        // What is said of one provider happens to that one and to no other.
        Assert.Equal("adopted V1__t.sql\n", (await _app.RunAsync("baseline 1", "--provider", "second", "--yes")).Done().Out);
        Assert.Equal(Current.Replace(Said, $"{Said} --provider second", StringComparison.Ordinal), (await _app.RunAsync("migrate", "--provider", "second")).Done().Out);
        (await _app.RunAsync("status")).Ended(9);
        Assert.Equal($"third: {Current}second: {Current}main: applied V1__t.sql\nmain: compared with its migrations: nothing differs\n", (await _app.RunAsync("migrate")).Done().Out);
        Assert.Contains("the histories are equal", (await _app.RunAsync("status")).Done().Out, StringComparison.Ordinal);
    }
}
