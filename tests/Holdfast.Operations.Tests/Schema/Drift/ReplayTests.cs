using Holdfast.Operations.Schema.Drift;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Tests.Schema.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Drift;

/// <summary>The user's files are run beside a live schema: they reach nothing outside of the scratch one.</summary>
public sealed class ReplayTests
{
    private const string Outside = "create schema other; create table other.live (n integer primary key); insert into other.live values (1); create sequence other.numbers; create table public.shared (n integer)";

    [Fact]
    public async Task a_file_that_was_edited_is_never_replayed()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(("V1__orders.sql", "create table orders (id bigint primary key)"));
        var finding = Assert.Single((await CheckAsync(database, "create table orders (id bigint primary key); abort; create table public.escaped (n integer)")).Findings);
        Assert.Equal("history_chain history schema_versions", finding.CacheKey);
        Assert.Contains("another content", finding.Detail, StringComparison.Ordinal);
        Assert.Null(await database.AskAsync<string>("select to_regclass('public.escaped')::text"));
    }

    [Theory]
    [InlineData("abort; create table public.escaped (n integer)", "line 1: 'abort'")]
    [InlineData("select pg_advisory_unlock_all()", "line 1: it would give away the lock")]
    [InlineData("create table orders (id bigint default nextval('other.numbers'));\ninsert into orders default values", "other")]
    [InlineData("create table orders (id bigint);\nupdate other.live set n = 2", "line 2: ")]
    [InlineData("insert into \"other\".live values (2)", "other")]
    [InlineData("delete from only other.live where n = 1", "other")]
    [InlineData("alter table if exists other.live add column m integer", "other")]
    [InlineData("create index on other.live (n)", "other")]
    [InlineData("alter table other.live enable row level security", "other")]
    [InlineData("do $$ begin create policy p on other.live; end $$", "other")]
    [InlineData("create table orders (id integer);\ndo $$ begin execute format('alter table other.%I add foreign key (n) references ' || 'other.live', 'live'); end $$", "other.live")]
    [InlineData("do $$ begin perform setval('other.numbers', 99); end $$", "other")]
    [InlineData("do $$ begin execute 'alter table ' || 'other.live' || ' add column m integer'; end $$", "other.live")]
    [InlineData("alter table shared add column m integer", "public.shared")]
    [InlineData("set search_path = other; alter table live add column m integer", "other.live")]
    public async Task a_file_that_changes_what_is_not_its_schema_s_is_not_replayed(string sql, string what)
    {
        var database = await RecordedAsync(sql);
        var error = Assert.IsType<SchemaException>(Assert.Single((await CheckAsync(database, sql)).Providers).Error);
        Assert.Contains("V1__orders.sql", error.Message, StringComparison.Ordinal);
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
        Assert.Contains("--against NAME", error.Message, StringComparison.Ordinal);
        Assert.False(await database.AskAsync<bool>("select is_called from other.numbers"));
        Assert.Null(await database.AskAsync<string>("select to_regclass('public.escaped')::text"));
    }

    [Theory]
    [InlineData("create table orders (id bigserial primary key, at timestamptz default now()); select setval('orders_id_seq', 5); create view all_of_them as select o.id from orders o join other.live l on l.n = o.id")]
    [InlineData("select setval('other.numbers', 99); select pg_catalog.nextval('other.numbers'); create function f() returns void language sql as 'delete from other.live where n = 7'")]
    [InlineData("create table orders (id integer references other.live (n)); insert into orders values (1); create trigger t before insert on other.live for each row execute function public.touch(); alter trigger t on other.live rename to u")]
    [InlineData("create schema if not exists other; create table orders (n integer default (1)); create trigger t before update on orders for each row execute function public.touch()")]
    public async Task a_file_that_only_reads_what_is_not_its_schema_s_is_replayed(string sql)
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.RunAsync(Outside + "; create function public.touch() returns trigger language plpgsql as 'begin return new; end'");
        await database.MigrateAsync(("V1__orders.sql", sql));
        var before = await database.AskAsync<long>("select last_value from other.numbers");
        var report = await CheckAsync(database, sql);
        Assert.Null(Assert.Single(report.Providers).Error);
        Assert.Empty(report.Findings.Select(finding => finding.Detail));
        Assert.Equal(before, await database.AskAsync<long>("select last_value from other.numbers"));
    }

    // As if an older program, or a person, had applied it.
    private static async Task<MigrationDatabase> RecordedAsync(string sql)
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.RunAsync(Outside);
        await database.MigrateAsync(("V1__orders.sql", "select 1"));
        await database.RunAsync($"update app.schema_versions set checksum = '{MigrationFile.Parse("V1__orders.sql", sql).Checksum}'");
        return database;
    }

    private static Task<DriftReport> CheckAsync(MigrationDatabase database, string sql) =>
        new DriftCheck([new DriftTarget("main", new NpgsqlConnectionStringBuilder(database.Connection))], DriftOptions.Of(MigrationDatabase.Files(("V1__orders.sql", sql)), MigrationDatabase.Schema)).RunAsync(CancellationToken.None);
}
