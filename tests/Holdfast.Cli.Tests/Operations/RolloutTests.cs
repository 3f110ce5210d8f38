using Holdfast.Cli.Tests.Commands;
using Holdfast.Cli.Tests.Program;
using Holdfast.Operations.Schema.Migrations;
using Npgsql;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

/// <summary>A rollout over several providers: each is compared with what its migrations make before the next one is touched.</summary>
public sealed class RolloutTests(Server server) : IDisposable
{
    private readonly OwnMigrations _app = new(server);

    public void Dispose() => _app.Dispose();

    [Theory]
    [InlineData("alter table app.t drop constraint t_state_check, add constraint t_state_check check (state in ('new'))", "check_definition constraint t.t_state_check", "t_state_check", "drift --repair --provider third")]
    [InlineData("update pg_index set indisvalid = false where indexrelid = 'app.t_state'::regclass", "index_invalid index t.t_state", "t_state", "drift --repair --provider third")]
    [InlineData("revoke select on app.t from public", "grants table t", "grants", "drift --repair --provider third")]
    public async Task a_backup_that_is_not_what_its_migrations_make_stops_the_rollout_before_the_next_provider(string harm, string key, string said, string next)
    {
        await _app.ProvidersAsync("main", "second", "third");
        _app.File("V1__t.sql", "create table t (id int, state text constraint t_state_check check (state in ('new', 'old'))); create index t_state on t (state); grant select on t to public;");
        Assert.Contains("third: compared with its migrations: nothing differs\n", (await _app.RunAsync("migrate")).Done().Out, StringComparison.Ordinal);
        await _app.ExecuteAsync("third", harm);

        // Nothing is to be done anywhere: what was looked at is said, and it was not everything.
        var current = (await _app.RunAsync("migrate")).Done().Out;
        Assert.Contains("third: up to date: its history was read", current, StringComparison.Ordinal);
        Assert.Contains("holdfast schema drift", current, StringComparison.Ordinal);

        _app.File("V2__u.sql", "create table u (id int);");
        var stopped = (await _app.RunAsync("migrate")).Ended(9);
        Assert.Contains(said, stopped.Errors, StringComparison.Ordinal);
        Assert.Contains("Done: none; failed: third; not begun: second, main.", stopped.Errors, StringComparison.Ordinal);
        Assert.Contains($"hint: holdfast schema {next}", stopped.Errors, StringComparison.Ordinal);
        Assert.Equal("pending pending applied", await _app.StatesAsync("V2__u.sql"));
        // Once more: the backup has the file by now, and is still looked at before anything is done elsewhere.
        stopped = (await _app.RunAsync("migrate")).Ended(9);
        Assert.Contains(said, stopped.Errors, StringComparison.Ordinal);
        Assert.Equal("pending pending applied", await _app.StatesAsync("V2__u.sql"));

        var accepted = _app.Holdfast.Write("accepted", $"{key}  # ours\n");
        var went = (await _app.RunAsync("migrate", "--ignore-file", accepted)).Done().Out;
        Assert.Contains("main: applied V2__u.sql\n", went, StringComparison.Ordinal);
        Assert.Equal("applied applied applied", await _app.StatesAsync("V2__u.sql"));
    }

    [Fact]
    public async Task holdfasts_own_tables_are_compared_too_and_so_is_what_an_undo_and_a_resumption_leave()
    {
        await _app.ProvidersAsync("main", "second");
        var last = MigrationSet.Shipped.Versioned[^2].Version!.Text;
        (await _app.Holdfast.RunAsync("schema", "migrate", "--to", last)).Done();
        await _app.ExecuteAsync("second", "alter table holdfast.lives drop constraint lives_state_check, add constraint lives_state_check check (state in ('alive'))");
        var stopped = (await _app.Holdfast.RunAsync("schema", "migrate")).Ended(9);
        Assert.Contains("lives_state_check", stopped.Errors, StringComparison.Ordinal);
        Assert.Contains("not begun: main", stopped.Errors, StringComparison.Ordinal);
        stopped = (await _app.Holdfast.RunAsync("schema", "undo", "--yes", "--provider", "second")).Ended(9);
        Assert.Contains("lives_state_check", stopped.Errors, StringComparison.Ordinal);
        (await _app.Holdfast.RunAsync("schema", "migrate", "--provider", "second")).Ended(9);
        (await _app.Holdfast.RunAsync("schema", "drift", "--repair", "--yes", "--provider", "second")).Done();
        var went = (await _app.Holdfast.RunAsync("schema", "migrate", "--json")).Done().Result.GetProperty("providers");
        Assert.Equal(("columns", "drift"), (went[0].GetProperty("checked").GetProperty("what").GetString(), went[1].GetProperty("checked").GetProperty("what").GetString()));

        _app.File("V1__t.sql", "create table t (id int);");
        (await _app.RunAsync("migrate")).Done();
        _app.File("V2__i.sql", "-- holdfast:transaction off\ncreate unique index concurrently t_id on t (id);");
        await _app.ExecuteAsync("second", "insert into app.t values (1), (1)");
        (await _app.RunAsync("migrate")).Ended(1);
        await _app.ExecuteAsync("second", "delete from app.t; alter table app.t add n int not null");
        Assert.Contains("column t.n", (await _app.RunAsync("resume", "--provider", "second")).Ended(9).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_first_migration_has_nothing_to_be_compared_with_elsewhere_and_phases_may_be_held_back()
    {
        await _app.ProvidersAsync("main", "second");
        _app.File("V1__t.sql", "create table t (id int); grant select on t to public;");
        _app.File("R__v.sql", "create or replace view v as select id from t;");
        (await _app.RunAsync("migrate", "--provider", "second")).Done();
        (await _app.RunAsync("migrate", "--provider", "main")).Done();
        // The view's new text waits for the contract; that is no drift.
        _app.File("R__v.sql", "create or replace view v as select id, 1 as one from t;");
        _app.File("V2__e.sql", "create table e (id int);");
        _app.File("V3__c.sql", "-- holdfast:phase contract\ncreate table c (id int);");
        Assert.Contains("main: compared with its migrations", (await _app.RunAsync("migrate", "--phase", "expand")).Done().Out, StringComparison.Ordinal);
        (await _app.RunAsync("migrate")).Done();
    }

    [Fact]
    public async Task files_that_cannot_be_replayed_are_applied_and_it_is_said_that_nothing_was_compared()
    {
        await _app.ProvidersAsync("main");
        _app.File("V1__t.sql", "create table t (id int);");
        _app.File("V2__d.sql", "-- holdfast:transaction off\ndo $$ begin insert into t values (1); commit; end $$;");
        var answer = (await _app.RunAsync("migrate")).Done();
        Assert.Contains("NOT compared with its migrations", answer.Out, StringComparison.Ordinal);
        _app.File("V3__u.sql", "create table u (id int);");
        Assert.Contains("V2__d.sql", (await _app.RunAsync("migrate", "--json")).Done().Result.GetProperty("checked").GetProperty("not_compared").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_a_migration_revokes_is_not_expected_because_providers_without_it_still_grant_it()
    {
        await _app.ProvidersAsync("main", "second", "third");
        _app.File("V1__t.sql", "do $$ begin if to_regrole('rollout_reader') is null then create role rollout_reader; end if; end $$; create table t (id int); grant select on t to rollout_reader;");
        (await _app.RunAsync("migrate")).Done();
        _app.File("V2__r.sql", "revoke select on t from rollout_reader;");
        Assert.Contains("third: compared with its migrations: nothing differs\n", (await _app.RunAsync("migrate")).Done().Out, StringComparison.Ordinal);
        Assert.Equal("applied applied applied", await _app.StatesAsync("V2__r.sql"));
    }

    [Fact]
    public async Task what_a_changed_file_makes_that_waits_for_a_later_phase_is_not_judged_by_what_was_before_it()
    {
        await _app.ProvidersAsync("main", "second");
        _app.File("V1__f.sql", "create table t (id int); create function f() returns int language sql as 'select 1'; create function g() returns int language sql as 'select 1';");
        _app.File("R__f.sql", "create or replace function f() returns int language sql as 'select 2';");
        (await _app.RunAsync("migrate")).Done();
        _app.File("R__f.sql", "create or replace function f() returns int language sql as 'select 3';");
        _app.File("V2__e.sql", "create table e (id int);");
        _app.File("V3__c.sql", "-- holdfast:phase contract\ncreate table c (id int);");
        Assert.Contains("all but what R__f.sql makes", (await _app.RunAsync("migrate", "--phase", "expand")).Done().Out, StringComparison.Ordinal);
        var drift = (await _app.RunAsync("drift", "--json")).ResultWith(9);
        Assert.All(drift.GetProperty("findings").EnumerateArray(), finding => Assert.Equal("history_chain", finding.GetProperty("name").GetString()));
        Assert.Contains("R__f.sql", drift.GetProperty("providers").GetRawText(), StringComparison.Ordinal);
        _app.File("V2.1__e.sql", "create table e2 (id int);");
        await _app.ExecuteAsync("second", "create or replace function app.g() returns int language sql as 'select 9'");
        Assert.Contains("function g", (await _app.RunAsync("migrate", "--phase", "expand")).Ended(9).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task files_that_ask_for_more_than_the_role_may_are_not_replayed_and_stop_neither_a_rollout_nor_a_baseline()
    {
        await _app.ProvidersAsync("main", "second");
        foreach (var name in (string[])["main", "second"])
        {
            await _app.ExecuteAsync(name, "do $$ begin if to_regrole('rollout_worker') is null then create role rollout_worker login; end if; execute format('grant create on database %I to rollout_worker', current_database()); end $$; create schema app; grant all on schema app to rollout_worker");
            _app.Connect(name, new NpgsqlConnectionStringBuilder(_app.Of(name)) { Username = "rollout_worker" }.ConnectionString);
        }
        _app.File("V1__t.sql", "create table app.t (id int);");
        Assert.Contains("second: NOT compared with its migrations", (await _app.RunAsync("migrate")).Done().Out, StringComparison.Ordinal);
        _app.File("V2__u.sql", "create table app.u (id int);");
        (await _app.RunAsync("migrate", "--provider", "second")).Done();
        Assert.Contains("main: applied V2__u.sql", (await _app.RunAsync("migrate")).Done().Out, StringComparison.Ordinal);

        await _app.ExecuteAsync("main", "drop table app.schema_versions");
        _app.File("V1__t.sql", "create table t (id int);");
        _app.File("V2__u.sql", "create table u (id int);\nalter table u owner to pg_monitor;");
        var adopted = (await _app.RunAsync("baseline 2", "--provider", "main", "--yes")).Done().Errors;
        Assert.Contains("by name", adopted, StringComparison.Ordinal);
        Assert.Contains("V2__u.sql, line 2", adopted, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_undo_and_a_resumption_that_are_run_again_do_not_pass_a_backup_that_is_known_to_be_wrong()
    {
        await _app.ProvidersAsync("main", "second");
        _app.File("V1__t.sql", "create table t (id int);");
        _app.File("V2__u.sql", "create table u (id int);");
        _app.File("U2__u.sql", "drop table u;");
        (await _app.RunAsync("migrate")).Done();
        await _app.ExecuteAsync("second", "alter table app.t add n int not null");
        (await _app.RunAsync("undo --to 1", "--yes")).Ended(9);
        Assert.Contains("nothing was begun, since second", (await _app.RunAsync("undo --to 1", "--yes")).Ended(9).Errors, StringComparison.Ordinal);
        Assert.StartsWith("applied ", await _app.StatesAsync("V2__u.sql"), StringComparison.Ordinal);
        await _app.ExecuteAsync("second", "alter table app.t drop n");
        (await _app.RunAsync("undo --to 1", "--yes")).Done();

        _app.Delete("V2__u.sql");
        _app.Delete("U2__u.sql");
        _app.File("V3__i.sql", "-- holdfast:transaction off\ncreate unique index concurrently t_id on t (id);");
        await _app.ExecuteAsync("main", "insert into app.t values (1), (1)");
        (await _app.RunAsync("migrate")).Ended(1);
        await _app.ExecuteAsync("main", "delete from app.t");
        await _app.ExecuteAsync("second", "alter table app.t add n int not null");
        Assert.Contains("nothing was begun, since second", (await _app.RunAsync("resume")).Ended(9).Errors, StringComparison.Ordinal);
        await _app.ExecuteAsync("second", "alter table app.t drop n");
        (await _app.RunAsync("resume")).Done();
    }
}
