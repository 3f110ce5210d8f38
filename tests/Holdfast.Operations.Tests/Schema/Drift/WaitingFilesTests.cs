using Holdfast.Operations.Schema.Drift;
using Holdfast.Operations.Tests.Schema.Migrations;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Drift;

/// <summary>A repeatable file has changed and has not run again: what it makes is not judged, and all else is.</summary>
public sealed class WaitingFilesTests
{
    private static readonly (string, string)[] Shop =
    [
        ("V1__orders.sql", "create table orders (id bigint primary key, state text constraint orders_state check (state in ('open', 'paid'))); create function one() returns int language sql as 'select 1'; do $$ begin if to_regrole('waiting_reader') is null then create role waiting_reader; end if; end $$"),
        ("R__a_open.sql", "create or replace view open_orders as select id from orders where state = 'open'; create or replace function total() returns int language sql as 'select 2'; create or replace function one() returns int language sql as 'select 2'; grant select on orders to waiting_reader; create function gone() returns int language sql as 'select 3'; create function old(int) returns int language sql as 'select 3'"),
        ("R__b_names.sql", "create or replace view open_names as select id::text as name from open_orders"),
        ("R__c_paid.sql", "create or replace view paid_orders as select id from orders where state = 'paid'"),
    ];

    private const string Changed = "drop function if exists old(int); create or replace view open_orders as select id, state from orders where state = 'open'; create or replace function total(n int) returns int language sql as 'select 5'; create or replace function one() returns int language sql as 'select 3'; revoke select on orders from waiting_reader";

    [Fact]
    public async Task drift_elsewhere_is_told_and_repaired_and_nothing_is_said_of_what_waits()
    {
        var database = await CreateAsync();
        var files = With(Changed);
        // What only the text before made cannot be told from what nobody makes.
        var drift = await CheckAsync(database, files);
        Assert.Equal(["function_body function gone()", "history_chain history schema_versions"], Keys(drift));
        Assert.Contains("R__a_open.sql has changed", drift.Findings[0].Detail, StringComparison.Ordinal);
        Assert.Equal(["R__a_open.sql", "R__b_names.sql"], drift.NotJudged);

        await database.RunAsync("alter table app.orders drop constraint orders_state, add constraint orders_state check (state in ('open')); create or replace view app.paid_orders as select id from app.orders where state = 'open'; drop function app.gone()");
        drift = await CheckAsync(database, files);
        Assert.Equal(["check_definition constraint orders.orders_state", "history_chain history schema_versions", "view_definition view paid_orders"], Keys(drift));
        Assert.Empty((await new DriftRepair(Options(files)).RunAsync(drift, drift.Differences, null, CancellationToken.None)).Left);
        Assert.Equal(["history_chain history schema_versions"], Keys(await CheckAsync(database, files)));
        Assert.Equal(2, await database.AskAsync<int>("select app.one()"));
    }

    [Theory]
    // It needs a file that is pending; it may not run beside a live schema at all.
    [InlineData("create or replace view open_orders as select id, more from orders where state = 'open'; create or replace function total() returns int language sql as 'select 7'; drop function gone(); drop function old(int); create or replace function one() returns int language sql as 'select 9'; grant select on orders to waiting_reader")]
    [InlineData("update other.live set n = 1; create or replace view open_orders as select 1 as one; create or replace function total() returns int language sql as 'select 7'; drop function gone(); drop function old(int); drop function one(); revoke all on orders from waiting_reader")]
    public async Task one_that_cannot_run_yet_is_known_by_what_it_names(string changed)
    {
        var database = await CreateAsync();
        await database.RunAsync("create schema other; create table other.live (n int)");
        (string, string)[] files = [.. With(changed), ("V2__more.sql", "alter table orders add column more int")];
        Assert.Equal(["history_chain history schema_versions"], Keys(await CheckAsync(database, files)));
        await database.RunAsync("alter table app.orders drop constraint orders_state; create or replace view app.paid_orders as select id from app.orders where state = 'open'");
        Assert.Equal(["check_definition constraint orders.orders_state", "history_chain history schema_versions", "view_definition view paid_orders"], Keys(await CheckAsync(database, files)));
    }

    private static async Task<MigrationDatabase> CreateAsync()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(Shop);
        Assert.Empty(Keys(await CheckAsync(database, Shop)));
        return database;
    }

    private static (string, string)[] With(string changed) => [Shop[0], ("R__a_open.sql", changed), .. Shop[2..]];

    private static DriftOptions Options((string, string)[] files) => DriftOptions.Of(MigrationDatabase.Files(files), MigrationDatabase.Schema);

    private static async Task<ProviderDrift> CheckAsync(MigrationDatabase database, (string, string)[] files) =>
        (await new DriftCheck([new DriftTarget("main", new NpgsqlConnectionStringBuilder(database.Connection))], Options(files)).RunAsync(CancellationToken.None)).Providers.Single();

    private static IEnumerable<string> Keys(ProviderDrift drift)
    {
        Assert.Null(drift.Error?.Message);
        return drift.Findings.Select(finding => finding.CacheKey).Order(StringComparer.Ordinal);
    }
}
