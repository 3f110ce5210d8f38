using Holdfast.Operations.Schema.Migrations;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Migrations;

/// <summary>What is refused before a server is asked: names, numbers, directives, and statements that no migration may hold.</summary>
public sealed class MigrationFileTests
{
    private static PreparedFile Prepare(string sql) => MigrationFile.Parse("V0007__x.sql", sql).Prepare("app");

    [Theory]
    [InlineData("0002__x.sql")]
    [InlineData("V2_x.sql")]
    [InlineData("V2__x.txt")]
    [InlineData("v2__x.sql")]
    [InlineData("R2__x.sql")]
    [InlineData("V__x.sql")]
    [InlineData("V2a__x.sql")]
    [InlineData("V2__x.SQL")]
    [InlineData("V2__x.sql\n")]
    [InlineData("V\u0662__x.sql")]
    public void a_file_with_another_name_is_no_migration(string name) =>
        Assert.Contains(name, Assert.Throws<SchemaException>(() => MigrationFile.Parse(name, "select 1")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("2", "10")]
    [InlineData("1.2", "1.10")]
    [InlineData("1_2", "1.10")]
    [InlineData("1", "1.0.1")]
    [InlineData("0009", "10")]
    [InlineData("9999", "20261121143000")]
    public void numbers_are_compared_as_numbers_part_by_part(string less, string more)
    {
        Assert.True(MigrationVersion.Parse(less) < MigrationVersion.Parse(more));
        Assert.Equal(MigrationVersion.Parse("1.0"), MigrationVersion.Parse("01"));
        Assert.Equal(MigrationVersion.Parse("1.0").GetHashCode(), MigrationVersion.Parse("01").GetHashCode());
    }

    [Theory]
    [InlineData("V0007__a.sql", "V7__b.sql")]
    [InlineData("V1.0__a.sql", "V1__b.sql")]
    [InlineData("U1__a.sql", "U01__b.sql", "V1__c.sql")]
    public void two_files_of_one_number_are_refused(params string[] names)
    {
        var error = Assert.Throws<SchemaException>(() => MigrationDatabase.Files([.. names.Select(name => (name, "select 1"))]));
        Assert.Contains("same number", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void an_undo_file_without_its_migration_is_refused() => Assert.Throws<SchemaException>(() => MigrationDatabase.Files(("V1__a.sql", ""), ("U2__b.sql", "")));

    [Fact]
    public void the_head_says_how_a_file_runs()
    {
        var directives = Prepare("""
            -- holdfast:phase backfill            -- expand | backfill | contract
            /* in between */
            -- holdfast:transaction off
            --holdfast:lock-timeout 2s
            -- holdfast:statement-timeout 0
            -- holdfast:lint-ignore require-concurrent-index-creation "the table was -- as we know -- created in V0006"
            select '-- holdfast:nonsense', $$
            -- holdfast:nonsense
            $$;
            """).Directives;
        Assert.Equal((MigrationPhase.Backfill, false, TimeSpan.FromSeconds(2), TimeSpan.Zero), (directives.Phase, directives.Transactional, directives.LockTimeout!.Value, directives.StatementTimeout!.Value));
        Assert.Equal(new LintIgnore("require-concurrent-index-creation", "the table was -- as we know -- created in V0006", 6), Assert.Single(directives.LintIgnores));
        Assert.Equal((MigrationPhase.Expand, true), (Prepare("select 1").Directives.Phase, Prepare("select 1").Directives.Transactional));
    }

    [Theory]
    [InlineData("-- holdfast:phase later", "line 1: the phase 'later'")]
    [InlineData("\n-- holdfast:transactoin off", "line 2: 'holdfast:transactoin' is not known")]
    [InlineData("-- holdfast:transaction maybe", "line 1: transaction is on or off")]
    [InlineData("-- holdfast:lock-timeout \u0665s", "line 1: the lock-timeout")]
    [InlineData("-- holdfast:lock-timeout 500", "line 1: the lock-timeout '500'")]
    [InlineData("-- holdfast:statement-timeout soon", "line 1: the statement-timeout 'soon'")]
    [InlineData("-- holdfast:lint-ignore renaming-table", "line 1: lint-ignore takes a rule")]
    [InlineData("-- holdfast:phase expand\n-- holdfast:phase contract", "line 2: 'holdfast:phase' is said twice")]
    [InlineData("select 1;\n-- holdfast:transaction off", "line 2: 'holdfast:transaction' stands behind the first statement")]
    public void a_directive_that_cannot_be_followed_is_refused_with_file_and_line(string sql, string said)
    {
        var error = Assert.Throws<SchemaException>(() => Prepare(sql));
        Assert.Contains($"V0007__x.sql, {said}", error.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was run", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("create table t (id int);\ncommit;", "line 2: 'commit'")]
    [InlineData("BEGIN; select 1", "'BEGIN'")]
    [InlineData("start transaction", "'start'")]
    [InlineData("select 1; /* x */ Rollback", "'Rollback'")]
    [InlineData("end", "'end'")]
    [InlineData("abort", "'abort'")]
    [InlineData("savepoint a", "'savepoint'")]
    [InlineData("release a", "'release'")]
    [InlineData("prepare transaction 'x'", "'prepare'")]
    [InlineData("\\set app_user maria", "a command of psql")]
    [InlineData("select 1;\n\\copy t from 'x'", "Line 2: a command of psql")]
    [InlineData("copy t from stdin", "COPY from or to the client")]
    [InlineData("copy t (a, b) from STDIN with (format csv)", "COPY from or to the client")]
    [InlineData("copy t to stdout", "COPY from or to the client")]
    [InlineData("alter table t owner to :app_user", ":app_user is a variable of psql")]
    [InlineData("do $$ begin if not exists (select from pg_roles where rolname = :'app_user') then null; end if; end $$", ":'app_user' is a variable of psql")]
    [InlineData("create index concurrently i on t (a)", "CREATE INDEX CONCURRENTLY cannot run inside of a transaction")]
    [InlineData("drop index concurrently i", "DROP INDEX CONCURRENTLY cannot run inside of a transaction")]
    [InlineData("reindex (verbose) table concurrently t", "cannot run inside of a transaction")]
    [InlineData("vacuum t", "VACUUM T cannot run inside of a transaction")]
    [InlineData("-- holdfast:transaction off\ncreate index concurrently on t (a)", "needs a name")]
    [InlineData("create database x", "never makes or drops one")]
    [InlineData("drop database x", "never makes or drops one")]
    [InlineData("discard all", "give away the lock")]
    [InlineData("select pg_advisory_unlock_all()", "give away the lock")]
    [InlineData("create table t (id int;\nselect 1", "Line 1: a parenthesis that is not closed")]
    [InlineData("select 'unfinished", "a quote that does not end")]
    [InlineData("set standard_conforming_strings=off", "may hide a quote")]
    [InlineData("select set_config('standard_conforming_strings', 'off', false)", "may hide a quote")]
    [InlineData("alter role r set \"standard_conforming_strings\" to off", "may hide a quote")]
    [InlineData("do $$ begin set local standard_conforming_strings = off; end $$", "may hide a quote")]
    [InlineData("set client_encoding to 'SJIS'", "may hide a quote")]
    [InlineData("set names 'SJIS'", "may hide a quote")]
    [InlineData("reset standard_conforming_strings", "may hide a quote")]
    [InlineData("set local names 'SJIS'", "may hide a quote")]
    [InlineData("set names", "may hide a quote")]
    [InlineData("alter role update set client_encoding = 'SJIS'", "may hide a quote")]
    [InlineData("alter database update set names 'SJIS'", "may hide a quote")]
    [InlineData("create function f(update int) returns int language sql set client_encoding = 'SJIS' as 'select 1'", "may hide a quote")]
    public void a_statement_that_no_migration_may_hold_is_refused_before_anything_runs(string sql, string said) =>
        Assert.Contains(said, Assert.Throws<SchemaException>(() => Prepare(sql)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("select 'commit; begin'")]
    [InlineData("SET standard_conforming_strings = on; SET client_encoding = 'UTF8'; SELECT pg_catalog.set_config('search_path', '', false)")]
    [InlineData("update person set names = '{}' where id = 1")]
    [InlineData("update only app.person as p set client_encoding = 'SJIS' where id = 1")]
    [InlineData("insert into person (id, names) values (1, '{}') on conflict (id) do update set names = excluded.names")]
    [InlineData("with a as (update person set names = '{}' where id = 1 returning id) select id from a")]
    [InlineData("-- CREATE INDEX CONCURRENTLY; commit;\nselect 1")]
    [InlineData("/* begin; /* commit */ */ select $x$ rollback; $x$")]
    [InlineData("create function f() returns int language plpgsql as $$ begin return 1; end $$")]
    [InlineData("create function f() returns int begin atomic select 1; select 2; end")]
    [InlineData("select a[1:2], b[x:y], c::text from t")]
    [InlineData("""create table "begin" (id int)""")]
    [InlineData("-- holdfast:transaction off\ndo $$ begin commit; end $$")]
    [InlineData("-- holdfast:transaction off\ncreate unique index concurrently if not exists i on only s.t (a)")]
    public void what_only_looks_like_one_is_not_refused(string sql) => Assert.True(Prepare(sql).Statements > 0);

    [Fact]
    public void the_shipped_files_pass_every_rule()
    {
        Assert.All(MigrationSet.Shipped.Versioned, file =>
        {
            var prepared = file.Prepare("holdfast");
            DestructiveGuard.Check([prepared], new MigrationOptions());
            MigrationSet.Shipped.Undo(file.Version!)?.Prepare("holdfast");
        });
        // To take the first back would be to drop every table.
        Assert.Null(MigrationSet.Shipped.Undo(MigrationVersion.Parse("1")));
        Assert.All(MigrationSet.Shipped.Versioned.Skip(1), file => Assert.NotNull(MigrationSet.Shipped.Undo(file.Version!)));
    }

    [Theory]
    [InlineData("alter table t add c int", "ACCESS EXCLUSIVE", "t")]
    [InlineData("alter table s.t validate constraint c", "SHARE UPDATE EXCLUSIVE", "s.t")]
    [InlineData("alter table t validate constraint c, add d int", "ACCESS EXCLUSIVE", "t")]
    [InlineData("alter table t add constraint f foreign key (a, b) references u (a, b) not valid", "SHARE ROW EXCLUSIVE", "t, u")]
    [InlineData("alter table if exists only t set (fillfactor = 70)", "SHARE UPDATE EXCLUSIVE", "t")]
    [InlineData("create index i on t (a)", "SHARE", "t")]
    [InlineData("create index concurrently i on t (a)", "SHARE UPDATE EXCLUSIVE", "t")]
    [InlineData("create table t (id int)", null, "")]
    [InlineData("create table t (id int references u)", "SHARE ROW EXCLUSIVE", "u")]
    [InlineData("create trigger x before insert on t for each row execute function f()", "SHARE ROW EXCLUSIVE", "t")]
    [InlineData("drop table if exists a, s.b", "ACCESS EXCLUSIVE", "a, s.b")]
    [InlineData("insert into t values (1)", "ROW EXCLUSIVE", "t")]
    [InlineData("update only t set a = 1", "ROW EXCLUSIVE", "t")]
    [InlineData("lock table t in share mode", "SHARE", "t")]
    [InlineData("refresh materialized view concurrently v", "EXCLUSIVE", "")]
    [InlineData("create function f() returns int language sql as 'select 1'", null, "")]
    [InlineData("do $$ begin end $$", "?", "")]
    public void a_plan_names_the_lock_of_each_statement(string sql, string? mode, string tables)
    {
        var found = StatementLock.Of(MigrationFile.Parse("V1__x.sql", "-- holdfast:transaction off\n" + sql).Prepare("app").Script.Statements[0]);
        Assert.Equal((mode, tables), (found.Mode, string.Join(", ", found.Tables)));
    }
}
