using Holdfast.Cli.Tests.Program;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

/// <summary>The commands about migrations as people run them: what they print, and how they end.</summary>
public sealed class SchemaCommandsTests(Server server) : IDisposable
{
    // What the command was said with, so that the one that is advised works on the same tables.
    private string Said => $"--directory {Folder} --schema app";

    private string Current => $"up to date: its history was read ('holdfast schema drift {Said}' compares everything)\n";

    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    private string Folder => _holdfast.PathOf("migrations");

    private void File(string name, string sql)
    {
        Directory.CreateDirectory(Folder);
        System.IO.File.WriteAllText(Path.Combine(Folder, name), sql);
    }

    private Task<Answer> RunAsync(string command, params string[] more) => _holdfast.RunAsync(["schema", .. command.Split(' '), "--directory", Folder, "--schema", "app", .. more]);

    [Fact]
    public async Task a_migration_is_begun_planned_tried_applied_shown_and_taken_back()
    {
        _holdfast.With("HOLDFAST_PROVIDER_MAIN", await server.DatabaseAsync());
        var files = (await _holdfast.RunAsync("schema", "new", "add invoices")).Done().Out.Split('\n');
        Assert.EndsWith("V0001__add_invoices.sql", files[0], StringComparison.Ordinal);
        File("V0001__add_invoices.sql", "-- holdfast:phase expand\ncreate table invoices (id int);\nalter table invoices add paid boolean;");
        File("U0001__add_invoices.sql", "drop table invoices;");
        Assert.Contains("has another content", (await RunAsync("migrate")).Ended(4).Errors, StringComparison.Ordinal);
        (await _holdfast.RunAsync("schema", "new", "--sum")).Done();

        Assert.Contains("ACCESS EXCLUSIVE", (await RunAsync("plan --offline")).Done().Out, StringComparison.Ordinal);
        var planned = (await RunAsync("plan", "--json")).Result.GetProperty("files")[0];
        Assert.Equal(("expand", true, 2), (planned.GetProperty("phase").GetString(), planned.GetProperty("transactional").GetBoolean(), planned.GetProperty("statements").GetArrayLength()));
        Assert.Contains("pending", (await RunAsync("status")).Done().Out, StringComparison.Ordinal);
        Assert.StartsWith("would apply V0001", (await RunAsync("migrate", "--dry-run")).Done().Out, StringComparison.Ordinal);
        Assert.StartsWith("ran and rolled back V0001", (await RunAsync("migrate", "--dry-run", "--execute")).Done().Out, StringComparison.Ordinal);
        (await RunAsync("migrate", "--execute")).Ended(2);
        var applied = (await RunAsync("migrate")).Done();
        Assert.Equal("applied V0001__add_invoices.sql\ncompared with its migrations: nothing differs\n", applied.Out);
        Assert.StartsWith("target: main  127.0.0.1:", applied.Errors, StringComparison.Ordinal);
        Assert.Equal(Current, (await RunAsync("migrate")).Done().Out);
        var row = (await RunAsync("history", "--json")).Result[0].GetProperty("rows")[0];
        Assert.Equal(("applied", 2, 2), (row.GetProperty("state").GetString(), row.GetProperty("statements").GetInt32(), row.GetProperty("last_statement").GetInt32()));
        Assert.Contains("applied", (await RunAsync("history")).Done().Out, StringComparison.Ordinal);

        Assert.Contains("--yes", (await RunAsync("undo")).Ended(4).Errors, StringComparison.Ordinal);
        Assert.Contains("drop table invoices", (await RunAsync("undo", "--dry-run")).Done().Errors, StringComparison.Ordinal);
        (await RunAsync("undo", "--steps", "1", "--to", "0")).Ended(2);
        Assert.Equal("taken back with U0001__add_invoices.sql\ncompared with its migrations: nothing differs\n", (await RunAsync("undo", "--yes")).Done().Out);
        Assert.Equal("nothing to take back\n", (await RunAsync("undo", "--yes")).Done().Out);
        Assert.Contains("reverted", (await RunAsync("status")).Done().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_is_refused_ends_with_4_what_failed_with_1_and_both_say_how_to_go_on()
    {
        var database = await server.DatabaseAsync();
        _holdfast.With("HOLDFAST_PROVIDER_MAIN", database);
        File("V1__t.sql", "create table t (id int, a int); insert into t values (1, 1), (2, 1);");
        (await RunAsync("migrate")).Done();
        File("V2__gone.sql", "truncate t;");
        Assert.Contains("--allow-destructive", (await RunAsync("migrate")).Ended(4).Errors, StringComparison.Ordinal);
        Assert.Contains("THROWS DATA AWAY", (await RunAsync("plan")).Done().Out, StringComparison.Ordinal);
        (await RunAsync("migrate", "--allow-destructive", " ")).Ended(2);
        File("V2__gone.sql", "select 1;\ncommit;");
        Assert.Contains("V2__gone.sql, line 2", (await RunAsync("migrate")).Ended(4).Errors, StringComparison.Ordinal);
        // A script that fails half-way is no success, and nothing of it stands.
        File("V2__gone.sql", "create table half (id int);\nselect nothing;");
        var failed = (await RunAsync("migrate", "--json")).Ended(1);
        Assert.Equal("failed", failed.Envelope.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("V2__gone.sql, line 2", failed.Errors, StringComparison.Ordinal);
        File("V2__gone.sql", "-- holdfast:transaction off\ncreate unique index concurrently t_a on t (a);");
        var half = (await RunAsync("migrate")).Ended(1);
        Assert.Contains($"go on: holdfast schema resume {Said} (if the file must change: holdfast schema repair {Said} --reason", half.Errors, StringComparison.Ordinal);
        Assert.Contains($"'holdfast schema resume {Said}' goes on", (await RunAsync("status")).Ended(9).Out, StringComparison.Ordinal);
        Assert.Contains($"holdfast schema resume {Said} --provider main", (await RunAsync("status", "--provider", "main", "--json")).Ended(9).Envelope.GetProperty("result").GetProperty("providers")[0].GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.Contains($"hint: holdfast schema resume {Said} --provider main\n", (await RunAsync("drift")).Ended(9).Errors, StringComparison.Ordinal);
        Assert.Contains("schema resume", (await RunAsync("migrate")).Ended(4).Errors, StringComparison.Ordinal);
        Assert.Contains("failed", (await RunAsync("status")).Ended(9).Out, StringComparison.Ordinal);
        (await RunAsync("resume")).Ended(1);
        await PostgresServer.ExecuteAsync(database, "delete from app.t where id = 2");
        // Its own rows stand against the index when the files are replayed: nothing to compare with, and that is said.
        Assert.StartsWith("finished V2__gone.sql\nNOT compared with its migrations: ", (await RunAsync("resume")).Done().Out, StringComparison.Ordinal);
        Assert.Equal("nothing was cut\n", (await RunAsync("resume")).Done().Out);

        File("V1__t.sql", "create table t (id int, a int); insert into t values (1, 1), (2, 1); -- and a remark");
        Assert.Contains("changed", (await RunAsync("status")).Ended(9).Out, StringComparison.Ordinal);
        (await RunAsync("migrate")).Ended(4);
        (await RunAsync("repair")).Ended(2);
        (await RunAsync("repair", "--reason", "a remark")).Ended(4);
        Assert.Equal("accepted V1__t.sql\n", (await RunAsync("repair", "--reason", "a remark", "--yes")).Done().Out);
        Assert.Equal("nothing to repair\n", (await RunAsync("repair", "--reason", "a remark", "--yes")).Done().Out);
        Assert.Equal(Current, (await RunAsync("migrate")).Done().Out);
        File("V9.sql", "select 1");
        (await RunAsync("plan")).Ended(4);
        (await _holdfast.RunAsync("schema", "plan", "--directory", _holdfast.PathOf("nowhere"))).Ended(6);
        (await _holdfast.RunAsync("schema", "history", "--provider", "local")).Ended(2);
        (await _holdfast.RunAsync("schema", "migrate", "--phase", "later")).Ended(2);
    }

    [Fact]
    public async Task a_schema_without_a_history_is_adopted_and_serves()
    {
        var database = await server.DatabaseAsync();
        _holdfast.With("HOLDFAST_PROVIDER_MAIN", database);
        (await _holdfast.RunAsync("schema", "baseline", "0001", "--yes")).Ended(4);
        (await _holdfast.RunAsync("schema", "migrate")).Done();
        await PostgresServer.ExecuteAsync(database, "drop table holdfast.schema_versions");
        Assert.Contains("--yes", (await _holdfast.RunAsync("schema", "baseline", "0001")).Ended(4).Errors, StringComparison.Ordinal);
        Assert.Contains("adopted V0001", (await _holdfast.RunAsync("schema", "baseline", MigrationSet.Shipped.Versioned[^1].Version!.Text, "--yes")).Done().Out, StringComparison.Ordinal);
        (await _holdfast.RunAsync("remember", "hello", "--session", "s", "--provider", "main")).Done();
        Assert.Contains("baseline", (await _holdfast.RunAsync("schema", "status")).Done().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_file_below_one_that_was_applied_is_planned_as_what_migrate_refuses()
    {
        _holdfast.With("HOLDFAST_PROVIDER_MAIN", await server.DatabaseAsync());
        File("V1__a.sql", "create table a (id int);");
        File("V3__c.sql", "create table c (id int);");
        (await RunAsync("migrate")).Done();
        File("V2__b.sql", "create table b (id int);");
        File("U2__b.sql", "drop table b;");
        (await RunAsync("migrate")).Ended(4);
        var plan = (await RunAsync("plan")).Ended(10);
        Assert.StartsWith("main: V2__b.sql (out of order: migrate needs --out-of-order)\n", plan.Out, StringComparison.Ordinal);
        Assert.Contains($"or: holdfast schema migrate {Said} --out-of-order\n", plan.Errors, StringComparison.Ordinal);
        var rehearsed = (await RunAsync("plan", "--rehearse", "--json")).ResultWith(10);
        Assert.Equal("V2__b.sql", Assert.Single(rehearsed.GetProperty("providers")[0].GetProperty("out_of_order").EnumerateArray()).GetString());
        Assert.Equal("V2__b.sql", Assert.Single(rehearsed.GetProperty("rehearsals")[0].GetProperty("applied").EnumerateArray()).GetString());
        (await RunAsync("migrate", "--out-of-order")).Done();
        (await RunAsync("plan")).Done();
    }

    [Fact]
    public async Task the_backups_go_first_the_first_failure_ends_it_and_the_one_that_was_named_is_the_one_that_is_changed()
    {
        var (main, second, third) = (await server.DatabaseAsync(), await server.DatabaseAsync(), await server.DatabaseAsync());
        _holdfast.With("DATABASE_FAILOVER_ORDER", "main,second,third").With("HOLDFAST_PROVIDER_MAIN", main).With("HOLDFAST_PROVIDER_SECOND", second).With("HOLDFAST_PROVIDER_THIRD", third);
        File("V1__t.sql", "create table t (id int);");
        await PostgresServer.ExecuteAsync(second, "create schema app; create table app.t (id int)");
        var stopped = (await RunAsync("migrate")).Ended(1);
        Assert.Contains("Done: third; failed: second; not begun: main.", stopped.Errors, StringComparison.Ordinal);
        var status = (await RunAsync("status", "--json")).ResultWith(9);
        Assert.False(status.GetProperty("chains_equal").GetBoolean());
        var states = status.GetProperty("migrations")[0].GetProperty("states");
        Assert.Equal(("pending", "pending", "applied"), (states.GetProperty("main").GetString(), states.GetProperty("second").GetString(), states.GetProperty("third").GetString()));

        // What is said of one provider happens to that one and to no other.
        Assert.Equal("adopted V1__t.sql\n", (await RunAsync("baseline 1", "--provider", "second", "--yes")).Done().Out);
        Assert.Equal(Current.Replace(Said, $"{Said} --provider second", StringComparison.Ordinal), (await RunAsync("migrate", "--provider", "second")).Done().Out);
        (await RunAsync("status")).Ended(9);
        Assert.Equal($"third: {Current}second: {Current}main: applied V1__t.sql\nmain: compared with its migrations: nothing differs\n", (await RunAsync("migrate")).Done().Out);
        Assert.Contains("the histories are equal", (await RunAsync("status")).Done().Out, StringComparison.Ordinal);
    }
}
