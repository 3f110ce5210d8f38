using Holdfast.Cli.Tests.Commands;
using Holdfast.Cli.Tests.Program;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

/// <summary>A rollout over several providers: each is compared with what its migrations make before the next one is touched.</summary>
public sealed class RolloutTests(Server server) : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();
    private readonly Dictionary<string, string> _connections = [];

    public void Dispose() => _holdfast.Dispose();

    private string Folder => _holdfast.PathOf("migrations");

    private async Task ProvidersAsync(params string[] names)
    {
        _holdfast.With("DATABASE_FAILOVER_ORDER", string.Join(',', names));
        foreach (var name in names) _holdfast.With($"HOLDFAST_PROVIDER_{name.ToUpperInvariant()}", _connections[name] = await server.DatabaseAsync());
    }

    private void File(string name, string sql)
    {
        Directory.CreateDirectory(Folder);
        System.IO.File.WriteAllText(Path.Combine(Folder, name), sql);
    }

    private Task<Answer> RunAsync(string command, params string[] more) => _holdfast.RunAsync(["schema", .. command.Split(' '), "--directory", Folder, "--schema", "app", .. more]);

    private Task HarmAsync(string provider, string sql) => PostgresServer.ExecuteAsync(_connections[provider], sql);

    private async Task<string> StatesAsync(string script)
    {
        var result = (await RunAsync("status", "--json")).Envelope.GetProperty("result");
        var states = result.GetProperty("migrations").EnumerateArray().Single(line => line.GetProperty("script").GetString() == script).GetProperty("states");
        return string.Join(' ', _connections.Keys.Select(name => states.GetProperty(name).GetString()));
    }

    [Theory]
    [InlineData("alter table app.t drop constraint t_state_check, add constraint t_state_check check (state in ('new'))", "check_definition constraint t.t_state_check", "t_state_check", "drift --repair --provider third")]
    [InlineData("update pg_index set indisvalid = false where indexrelid = 'app.t_state'::regclass", "index_invalid index t.t_state", "t_state", "drift --repair --provider third")]
    [InlineData("revoke select on app.t from public", "grants table t", "grants", "drift --repair --provider third")]
    public async Task a_backup_that_is_not_what_its_migrations_make_stops_the_rollout_before_the_next_provider(string harm, string key, string said, string next)
    {
        await ProvidersAsync("main", "second", "third");
        File("V1__t.sql", "create table t (id int, state text constraint t_state_check check (state in ('new', 'old'))); create index t_state on t (state); grant select on t to public;");
        Assert.Contains("third: compared with its migrations: nothing differs\n", (await RunAsync("migrate")).Done().Out, StringComparison.Ordinal);
        await HarmAsync("third", harm);

        // Nothing is to be done anywhere: what was looked at is said, and it was not everything.
        var current = (await RunAsync("migrate")).Done().Out;
        Assert.Contains("third: up to date: its history was read", current, StringComparison.Ordinal);
        Assert.Contains("holdfast schema drift", current, StringComparison.Ordinal);

        File("V2__u.sql", "create table u (id int);");
        var stopped = (await RunAsync("migrate")).Ended(9);
        Assert.Contains(said, stopped.Errors, StringComparison.Ordinal);
        Assert.Contains("Done: none; failed: third; not begun: second, main.", stopped.Errors, StringComparison.Ordinal);
        Assert.Contains($"hint: holdfast schema {next}", stopped.Errors, StringComparison.Ordinal);
        Assert.Equal("pending pending applied", await StatesAsync("V2__u.sql"));
        // Once more: the backup has the file by now, and is still looked at before anything is done elsewhere.
        stopped = (await RunAsync("migrate")).Ended(9);
        Assert.Contains(said, stopped.Errors, StringComparison.Ordinal);
        Assert.Equal("pending pending applied", await StatesAsync("V2__u.sql"));

        var accepted = _holdfast.Write("accepted", $"{key}  # ours\n");
        var went = (await RunAsync("migrate", "--ignore-file", accepted)).Done().Out;
        Assert.Contains("main: applied V2__u.sql\n", went, StringComparison.Ordinal);
        Assert.Equal("applied applied applied", await StatesAsync("V2__u.sql"));
    }

    [Fact]
    public async Task holdfasts_own_tables_are_compared_too_and_so_is_what_an_undo_and_a_resumption_leave()
    {
        await ProvidersAsync("main", "second");
        var last = MigrationSet.Shipped.Versioned[^2].Version!.Text;
        (await _holdfast.RunAsync("schema", "migrate", "--to", last)).Done();
        await HarmAsync("second", "alter table holdfast.lives drop constraint lives_state_check, add constraint lives_state_check check (state in ('alive'))");
        var stopped = (await _holdfast.RunAsync("schema", "migrate")).Ended(9);
        Assert.Contains("lives_state_check", stopped.Errors, StringComparison.Ordinal);
        Assert.Contains("not begun: main", stopped.Errors, StringComparison.Ordinal);
        stopped = (await _holdfast.RunAsync("schema", "undo", "--yes", "--provider", "second")).Ended(9);
        Assert.Contains("lives_state_check", stopped.Errors, StringComparison.Ordinal);
        (await _holdfast.RunAsync("schema", "migrate", "--provider", "second")).Ended(9);
        (await _holdfast.RunAsync("schema", "drift", "--repair", "--yes", "--provider", "second")).Done();
        var went = (await _holdfast.RunAsync("schema", "migrate", "--json")).Done().Result.GetProperty("providers");
        Assert.Equal(("columns", "drift"), (went[0].GetProperty("checked").GetProperty("what").GetString(), went[1].GetProperty("checked").GetProperty("what").GetString()));

        File("V1__t.sql", "create table t (id int);");
        (await RunAsync("migrate")).Done();
        File("V2__i.sql", "-- holdfast:transaction off\ncreate unique index concurrently t_id on t (id);");
        await HarmAsync("second", "insert into app.t values (1), (1)");
        (await RunAsync("migrate")).Ended(1);
        await HarmAsync("second", "delete from app.t; alter table app.t add n int not null");
        Assert.Contains("column t.n", (await RunAsync("resume", "--provider", "second")).Ended(9).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_first_migration_has_nothing_to_be_compared_with_elsewhere_and_phases_may_be_held_back()
    {
        await ProvidersAsync("main", "second");
        File("V1__t.sql", "create table t (id int); grant select on t to public;");
        File("R__v.sql", "create or replace view v as select id from t;");
        (await RunAsync("migrate", "--provider", "second")).Done();
        (await RunAsync("migrate", "--provider", "main")).Done();
        // The view's new text waits for the contract; that is no drift.
        File("R__v.sql", "create or replace view v as select id, 1 as one from t;");
        File("V2__e.sql", "create table e (id int);");
        File("V3__c.sql", "-- holdfast:phase contract\ncreate table c (id int);");
        Assert.Contains("main: compared with its migrations", (await RunAsync("migrate", "--phase", "expand")).Done().Out, StringComparison.Ordinal);
        (await RunAsync("migrate")).Done();
    }

    [Fact]
    public async Task files_that_cannot_be_replayed_are_applied_and_it_is_said_that_nothing_was_compared()
    {
        await ProvidersAsync("main");
        File("V1__t.sql", "create table t (id int);");
        File("V2__d.sql", "-- holdfast:transaction off\ndo $$ begin insert into t values (1); commit; end $$;");
        var answer = (await RunAsync("migrate")).Done();
        Assert.Contains("NOT compared with its migrations", answer.Out, StringComparison.Ordinal);
        File("V3__u.sql", "create table u (id int);");
        Assert.Contains("V2__d.sql", (await RunAsync("migrate", "--json")).Done().Result.GetProperty("checked").GetProperty("not_compared").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_a_migration_revokes_is_not_expected_because_providers_without_it_still_grant_it()
    {
        await ProvidersAsync("main", "second", "third");
        File("V1__t.sql", "do $$ begin if to_regrole('rollout_reader') is null then create role rollout_reader; end if; end $$; create table t (id int); grant select on t to rollout_reader;");
        (await RunAsync("migrate")).Done();
        File("V2__r.sql", "revoke select on t from rollout_reader;");
        Assert.Contains("third: compared with its migrations: nothing differs\n", (await RunAsync("migrate")).Done().Out, StringComparison.Ordinal);
        Assert.Equal("applied applied applied", await StatesAsync("V2__r.sql"));
    }

    [Fact]
    public async Task what_a_changed_file_makes_that_waits_for_a_later_phase_is_not_judged_by_what_was_before_it()
    {
        await ProvidersAsync("main", "second");
        File("V1__f.sql", "create table t (id int); create function f() returns int language sql as 'select 1'; create function g() returns int language sql as 'select 1';");
        File("R__f.sql", "create or replace function f() returns int language sql as 'select 2';");
        (await RunAsync("migrate")).Done();
        File("R__f.sql", "create or replace function f() returns int language sql as 'select 3';");
        File("V2__e.sql", "create table e (id int);");
        File("V3__c.sql", "-- holdfast:phase contract\ncreate table c (id int);");
        Assert.Contains("all but what R__f.sql makes", (await RunAsync("migrate", "--phase", "expand")).Done().Out, StringComparison.Ordinal);
        File("V2.1__e.sql", "create table e2 (id int);");
        await HarmAsync("second", "create or replace function app.g() returns int language sql as 'select 9'");
        Assert.Contains("function g", (await RunAsync("migrate", "--phase", "expand")).Ended(9).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task files_that_ask_for_more_than_the_role_may_are_not_replayed_and_stop_neither_a_rollout_nor_a_baseline()
    {
        await ProvidersAsync("main", "second");
        foreach (var name in (string[])["main", "second"])
        {
            await HarmAsync(name, "do $$ begin if to_regrole('rollout_worker') is null then create role rollout_worker login; end if; execute format('grant create on database %I to rollout_worker', current_database()); end $$; create schema app; grant all on schema app to rollout_worker");
            _holdfast.With($"HOLDFAST_PROVIDER_{name.ToUpperInvariant()}", new Npgsql.NpgsqlConnectionStringBuilder(_connections[name]) { Username = "rollout_worker" }.ConnectionString);
        }
        File("V1__t.sql", "create table app.t (id int);");
        Assert.Contains("second: NOT compared with its migrations", (await RunAsync("migrate")).Done().Out, StringComparison.Ordinal);
        File("V2__u.sql", "create table app.u (id int);");
        (await RunAsync("migrate", "--provider", "second")).Done();
        Assert.Contains("main: applied V2__u.sql", (await RunAsync("migrate")).Done().Out, StringComparison.Ordinal);

        await HarmAsync("main", "drop table app.schema_versions");
        File("V1__t.sql", "create table t (id int);");
        File("V2__u.sql", "create table u (id int);\nalter table u owner to pg_monitor;");
        var adopted = (await RunAsync("baseline 2", "--provider", "main", "--yes")).Done().Errors;
        Assert.Contains("by name", adopted, StringComparison.Ordinal);
        Assert.Contains("V2__u.sql, line 2", adopted, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_undo_and_a_resumption_that_are_run_again_do_not_pass_a_backup_that_is_known_to_be_wrong()
    {
        await ProvidersAsync("main", "second");
        File("V1__t.sql", "create table t (id int);");
        File("V2__u.sql", "create table u (id int);");
        File("U2__u.sql", "drop table u;");
        (await RunAsync("migrate")).Done();
        await HarmAsync("second", "alter table app.t add n int not null");
        (await RunAsync("undo --to 1", "--yes")).Ended(9);
        Assert.Contains("nothing was begun, since second", (await RunAsync("undo --to 1", "--yes")).Ended(9).Errors, StringComparison.Ordinal);
        Assert.StartsWith("applied ", await StatesAsync("V2__u.sql"), StringComparison.Ordinal);
        await HarmAsync("second", "alter table app.t drop n");
        (await RunAsync("undo --to 1", "--yes")).Done();

        System.IO.File.Delete(Path.Combine(Folder, "V2__u.sql"));
        System.IO.File.Delete(Path.Combine(Folder, "U2__u.sql"));
        File("V3__i.sql", "-- holdfast:transaction off\ncreate unique index concurrently t_id on t (id);");
        await HarmAsync("main", "insert into app.t values (1), (1)");
        (await RunAsync("migrate")).Ended(1);
        await HarmAsync("main", "delete from app.t");
        await HarmAsync("second", "alter table app.t add n int not null");
        Assert.Contains("nothing was begun, since second", (await RunAsync("resume")).Ended(9).Errors, StringComparison.Ordinal);
        await HarmAsync("second", "alter table app.t drop n");
        (await RunAsync("resume")).Done();
    }

    [Fact]
    public async Task a_baseline_records_nothing_that_is_not_there()
    {
        await ProvidersAsync("main");
        File("V1__t.sql", "create table t (id int, state text);");
        File("V2__c.sql", "alter table t add column n int;");
        File("V3__i.sql", "create index t_n on t (n); alter table t add constraint t_n_check check (n > 0);");
        await HarmAsync("main", "create schema app; create table app.t (id int, state text)");
        var refused = (await RunAsync("baseline 3", "--yes")).Ended(4);
        foreach (var missing in (string[])["column t.n is", "index t.t_n is", "constraint t.t_n_check is"]) Assert.Contains(missing, refused.Errors, StringComparison.Ordinal);
        Assert.Contains("Nothing was recorded", refused.Errors, StringComparison.Ordinal);
        (await RunAsync("baseline 3", "--dry-run")).Ended(4);
        await HarmAsync("main", "alter table app.t add n int, add constraint t_n_check check (n > 0)");
        Assert.Contains("index t.t_n is missing", (await RunAsync("baseline 3", "--yes")).Ended(4).Errors, StringComparison.Ordinal);
        Assert.Equal("pending", await StatesAsync("V1__t.sql"));
        await HarmAsync("main", "create index t_n on app.t (n)");
        (await RunAsync("baseline 3", "--yes")).Done();
        Assert.Contains("no drift", (await RunAsync("drift")).Done().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_baseline_of_files_that_cannot_be_replayed_looks_for_what_they_make_by_name()
    {
        await ProvidersAsync("main");
        File("V1__t.sql", "create table t (id int, state text);");
        File("V2__c.sql", "alter table t add column n int, add k int;\nalter table t rename column k to m;");
        File("V3__d.sql", "-- holdfast:transaction off\ndo $$ begin insert into t values (1); commit; end $$;\ncreate index concurrently t_n on t (n);\nalter table t add constraint t_n_check check (n > 0);");
        await HarmAsync("main", "create schema app; create table app.t (id int, state text)");
        foreach (var (said, mend) in ((string, string)[])[("column n of app.t", "add n int, add m int"), ("index t_n", "add x int"), ("constraint t_n_check", "add constraint t_n_check check (n > 0)")])
        {
            Assert.Contains(said, (await RunAsync("baseline 3", "--yes")).Ended(4).Errors, StringComparison.Ordinal);
            await HarmAsync("main", $"alter table app.t {mend}; create index if not exists {(said.Contains("index", StringComparison.Ordinal) ? "t_n" : "t_other")} on app.t (id)");
        }
        await HarmAsync("main", "alter table app.t drop column m, drop constraint t_n_check; drop index app.t_n");
        // As at drift: a line for each that is accepted.
        var some = _holdfast.Write("some", "column_missing column t.m  # gone\nindex_missing index t.t_n  # built tonight\n");
        var left = (await RunAsync("baseline 3", "--yes", "--ignore-file", some)).Ended(4).Errors;
        Assert.Contains("constraint t_n_check", left, StringComparison.Ordinal);
        Assert.DoesNotContain("column m", left, StringComparison.Ordinal);
        Assert.DoesNotContain("index t_n", left, StringComparison.Ordinal);
        var all = _holdfast.Write("all", "column_missing column t.m  # gone\nindex_missing index t.t_n  # built tonight\ncheck_definition constraint t.t_n_check  # added tomorrow\n");
        Assert.Contains("by name", (await RunAsync("baseline 3", "--yes", "--ignore-file", all)).Done().Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_baseline_of_holdfasts_own_tables_finds_a_check_that_is_gone_and_a_history_is_made_where_it_lacks()
    {
        await ProvidersAsync("main");
        (await _holdfast.RunAsync("schema", "migrate")).Done();
        var last = MigrationSet.Shipped.Versioned[^1].Version!.Text;
        await HarmAsync("main", "drop table holdfast.schema_versions; alter table holdfast.lives drop constraint lives_state_check");
        Assert.Contains("lives_state_check", (await _holdfast.RunAsync("schema", "baseline", last, "--yes")).Ended(4).Errors, StringComparison.Ordinal);
        var accepted = _holdfast.Write("accepted", "check_definition constraint lives.lives_state_check  # made again tomorrow\n");
        (await _holdfast.RunAsync("schema", "baseline", last, "--dry-run", "--ignore-file", accepted)).Done();
    }
}
