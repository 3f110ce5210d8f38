using Holdfast.Cli.Tests.Commands;
using Holdfast.Cli.Tests.Program;
using Holdfast.Operations.Schema.Migrations;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

/// <summary>What is there already is taken into the history only after it was found to be there.</summary>
public sealed class BaselineTests(Server server) : IDisposable
{
    private readonly OwnMigrations _app = new(server);

    public void Dispose() => _app.Dispose();

    [Fact]
    public async Task a_baseline_records_nothing_that_is_not_there()
    {
        await _app.ProvidersAsync("main");
        _app.File("V1__t.sql", "create table t (id int, state text);");
        _app.File("V2__c.sql", "alter table t add column n int;");
        _app.File("V3__i.sql", "create index t_n on t (n); alter table t add constraint t_n_check check (n > 0);");
        await _app.ExecuteAsync("main", "create schema app; create table app.t (id int, state text)");
        var refused = (await _app.RunAsync("baseline 3", "--yes")).Ended(4);
        foreach (var missing in (string[])["column t.n is", "index t.t_n is", "constraint t.t_n_check is"]) Assert.Contains(missing, refused.Errors, StringComparison.Ordinal);
        Assert.Contains("Nothing was recorded", refused.Errors, StringComparison.Ordinal);
        (await _app.RunAsync("baseline 3", "--dry-run")).Ended(4);
        await _app.ExecuteAsync("main", "alter table app.t add n int, add constraint t_n_check check (n > 0)");
        Assert.Contains("index t.t_n is missing", (await _app.RunAsync("baseline 3", "--yes")).Ended(4).Errors, StringComparison.Ordinal);
        Assert.Equal("pending", await _app.StatesAsync("V1__t.sql"));
        await _app.ExecuteAsync("main", "create index t_n on app.t (n)");
        (await _app.RunAsync("baseline 3", "--yes")).Done();
        Assert.Contains("no drift", (await _app.RunAsync("drift")).Done().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_baseline_of_files_that_cannot_be_replayed_looks_for_what_they_make_by_name()
    {
        await _app.ProvidersAsync("main");
        _app.File("V1__t.sql", "create table t (id int, state text);");
        _app.File("V2__c.sql", "alter table t add column n int, add k int;\nalter table t rename column k to m;");
        _app.File("V3__d.sql", "-- holdfast:transaction off\ndo $$ begin insert into t values (1); commit; end $$;\ncreate index concurrently t_n on t (n);\nalter table t add constraint t_n_check check (n > 0);");
        await _app.ExecuteAsync("main", "create schema app; create table app.t (id int, state text)");
        foreach (var (said, mend) in ((string, string)[])[("column n of app.t", "add n int, add m int"), ("index t_n", "add x int"), ("constraint t_n_check", "add constraint t_n_check check (n > 0)")])
        {
            Assert.Contains(said, (await _app.RunAsync("baseline 3", "--yes")).Ended(4).Errors, StringComparison.Ordinal);
            await _app.ExecuteAsync("main", $"alter table app.t {mend}; create index if not exists {(said.Contains("index", StringComparison.Ordinal) ? "t_n" : "t_other")} on app.t (id)");
        }
        await _app.ExecuteAsync("main", "alter table app.t drop column m, drop constraint t_n_check; drop index app.t_n");
        // As at drift: a line for each that is accepted.
        var some = _app.Holdfast.Write("some", "column_missing column t.m  # gone\nindex_missing index t.t_n  # built tonight\n");
        var left = (await _app.RunAsync("baseline 3", "--yes", "--ignore-file", some)).Ended(4).Errors;
        Assert.Contains("constraint t_n_check", left, StringComparison.Ordinal);
        Assert.DoesNotContain("column m", left, StringComparison.Ordinal);
        Assert.DoesNotContain("index t_n", left, StringComparison.Ordinal);
        var all = _app.Holdfast.Write("all", "column_missing column t.m  # gone\nindex_missing index t.t_n  # built tonight\ncheck_definition constraint t.t_n_check  # added tomorrow\n");
        Assert.Contains("by name", (await _app.RunAsync("baseline 3", "--yes", "--ignore-file", all)).Done().Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_baseline_of_holdfasts_own_tables_finds_a_check_that_is_gone_and_a_history_is_made_where_it_lacks()
    {
        await _app.ProvidersAsync("main");
        (await _app.Holdfast.RunAsync("schema", "migrate")).Done();
        var last = MigrationSet.Shipped.Versioned[^1].Version!.Text;
        await _app.ExecuteAsync("main", "drop table holdfast.schema_versions; alter table holdfast.lives drop constraint lives_state_check");
        Assert.Contains("lives_state_check", (await _app.Holdfast.RunAsync("schema", "baseline", last, "--yes")).Ended(4).Errors, StringComparison.Ordinal);
        var accepted = _app.Holdfast.Write("accepted", "check_definition constraint lives.lives_state_check  # made again tomorrow\n");
        (await _app.Holdfast.RunAsync("schema", "baseline", last, "--dry-run", "--ignore-file", accepted)).Done();
    }
}
