using Holdfast.Operations.Access;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>What stands in the schema and is not the catalogue's: a user's own migration's, or what somebody has smuggled in.</summary>
public sealed class StrayObjectTests
{
    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task what_the_application_has_made_itself_is_never_made_the_owners(PostgresVersion version)
    {
        using var database = await AccessDatabase.AppliedAsync(version);
        await database.ExecuteAsync("grant create on schema {s} to {s}_app");
        const string Run = "function {s}.run(q text)";
        foreach (var (made, named, dropped) in new[]
        {
            ($"create {Run} returns void language plpgsql security definer as $$ begin execute q; end $$; grant execute on {Run} to {{s}}_app", "{s}.run(q text)", $"drop {Run}"),
            ("create view {s}.all_users as select * from {s}.users; grant select on {s}.all_users to {s}_app", "view {s}.all_users", "drop view {s}.all_users"),
            ("create table {s}.bait (id int); create rule change as on insert to {s}.bait do instead update {s}.schema_versions set description = ''; grant all on {s}.bait to {s}_app", "table {s}.bait", "drop table {s}.bait"),
        })
        {
            await database.ExecuteAsAsync("app_a", made);
            Assert.False((await database.VerifyAsync()).IsRight);
            var blocked = await Assert.ThrowsAsync<AccessBlockedException>(() => database.Control.ApplyAsync(new AccessOptions(), null, default));
            Assert.Contains(named.Replace("{s}", database.Schema, StringComparison.Ordinal), blocked.Message, StringComparison.Ordinal);
            Assert.Contains($"it belongs to {database.Schema}_app_a", blocked.Message, StringComparison.Ordinal);
            await database.ExecuteAsync(dropped);
        }
        await MendedAsync(database);
        await database.RefusedAsync("app_a", "create table {s}.bait (id int)");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task no_role_executes_a_function_that_runs_with_the_owners_rights_and_is_not_declared(bool rowSecurity)
    {
        using var database = await AccessDatabase.AppliedAsync(rowSecurity: rowSecurity);
        await database.ExecuteAsync("""
            create function {s}.run(q text) returns void language plpgsql security definer set search_path = pg_catalog as $$ begin execute q; end $$;
            alter function {s}.run(text) owner to {s}_owner; revoke all on function {s}.run(text) from public; grant execute on function {s}.run(text) to {s}_app_b
            """);
        await FoundAsync(database, "{s}_app_b: execute on run(q text): it runs with the rights of {s}_owner");
        await MendedAsync(database);
        await database.RefusedAsync("app_b", "select {s}.run('select 1')");

        // By a migration: what the owner makes.
        await database.ExecuteAsync("set role {s}_owner; create function {s}.count_all() returns bigint language sql security definer set search_path = pg_catalog return (select count(*) from {s}.users)");
        if (rowSecurity) await database.RefusedAsync("app_a", "select {s}.count_all()");
        else await FoundAsync(database, "{s}_app: execute on count_all()");
        await MendedAsync(database);
        await database.RefusedAsync("app_a", "select {s}.count_all()");
    }

    [Fact]
    public async Task a_function_of_somebody_else_that_runs_with_his_rights_is_left_to_him()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await database.ExecuteAsync("create function {s}.seed() returns int language sql security definer set search_path = pg_catalog return 1");
        var blocked = await Assert.ThrowsAsync<AccessBlockedException>(() => database.Control.ApplyAsync(new AccessOptions(), null, default));
        Assert.Contains("seed()", blocked.Message, StringComparison.Ordinal);
        await database.ExecuteAsync("alter function {s}.seed() owner to {s}_owner");
        await MendedAsync(database);
    }

    [Fact]
    public async Task rights_beyond_the_declaration_are_found_and_taken_away_wherever_they_are()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await database.ExecuteAsync("create table public.orders (id int); create sequence public.numbers; create schema shop; create function shop.price() returns int language sql return 1");
        await database.ExecuteAsync("set role {s}_owner; create table {s}.later (id serial)");
        Assert.True((await database.VerifyAsync()).IsRight);
        foreach (var (harm, finding) in new[]
        {
            ("grant create on schema public to {s}_app", "{s}_app: grants on schema public: it has create"),
            ("grant usage on schema shop to {s}_app_a", "{s}_app_a: grants on schema shop: it has usage"),
            ("grant select on public.orders to {s}_monitor", "{s}_monitor: grants on public.orders: it has select"),
            ("grant update (id) on public.orders to {s}_ro", "{s}_ro: grants on public.orders.id: it has update"),
            ("grant usage on sequence public.numbers to {s}_backup", "{s}_backup: grants on public.numbers: it has usage"),
            ("grant execute on function shop.price() to {s}_migrator", "{s}_migrator: grants on shop.price(): it has execute"),
            ("grant execute on function pg_catalog.pg_read_file(text) to {s}_app", "{s}_app: grants on pg_catalog.pg_read_file("),
            ("grant delete, truncate on {s}.later to {s}_app", "{s}_app: grants on later: it has delete, truncate"),
            ("grant select on {s}.later to {s}_monitor", "{s}_monitor: grants on later: it has select"),
            ("grant select (id) on {s}.later to {s}_monitor", "{s}_monitor: grants on later.id: it has select"),
            ("grant select on {s}.later to public", "public: grants on later: it has select"),
            ("grant update on sequence {s}.later_id_seq to {s}_app", "{s}_app: grants on later_id_seq: it has update"),
            ("do $$ begin execute format('grant temporary on database %I to {s}_app', current_database()); end $$", "{s}_app: grants on database"),
        })
        {
            await database.ExecuteAsync(harm);
            await FoundAsync(database, finding);
            await MendedAsync(database, harm);
        }
        await database.ExecuteAsAsync("app_a", "insert into {s}.later default values; select * from {s}.later");
    }

    [Fact]
    public async Task rights_to_what_is_no_table_schema_or_function_are_listed_with_the_SQL_that_ends_them()
    {
        using var database = await AccessDatabase.AppliedAsync();
        foreach (var (harm, by) in new[]
        {
            ("create type public.mood as enum ('a'); grant usage on type public.mood to {s}_ro", "revoke all on type public.mood from {s}_ro"),
            ("grant usage on language sql to {s}_app", "revoke all on language sql from {s}_app"),
            ("alter default privileges in schema public grant select on tables to {s}_monitor", "alter default privileges for role holdfast in schema public revoke all on tables from {s}_monitor"),
        })
        {
            await database.ExecuteAsync(harm);
            var plan = await database.Control.PlanAsync(new AccessOptions(), default);
            var step = Assert.Single(plan.ByHand);
            var wrong = await database.VerifyAsync();
            Assert.False(wrong.IsRight);
            Assert.True(plan.Explains(wrong), string.Join('\n', wrong.Wrong.Take(10)));
            Assert.Equal((by.Replace("{s}", database.Schema, StringComparison.Ordinal), false), (step.Sql, step.IsRequired));
            await database.ExecuteAsync(step.Sql);
            Assert.True((await database.VerifyAsync()).IsRight);
        }
    }

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task a_table_of_a_later_migration_shows_no_tenants_rows_before_access_is_applied_and_the_transactions_after(PostgresVersion version)
    {
        using var database = await AccessDatabase.AppliedAsync(version, rowSecurity: true);
        await database.ExecuteAsync("""
            set role {s}_owner; create table {s}.later (tenant_id text not null, "Note" text); create table {s}."Later parts" (tenant_id varchar(20)) partition by list (tenant_id);
            create table {s}.later_acme partition of {s}."Later parts" for values in ('acme'); create table {s}.unowned (id int);
            insert into {s}.later values ('acme', 'a'), ('globex', 'g'); insert into {s}."Later parts" values ('acme')
            """);
        foreach (var sql in new[] { "select * from {s}.later", "insert into {s}.later values ('acme')", "delete from {s}.later", "truncate {s}.later", "select * from {s}.later_acme" })
        {
            await database.RefusedAsync("app_a", sql);
            if (sql.StartsWith("select", StringComparison.Ordinal)) await database.RefusedAsync("ro", sql);
            await database.RefusedAsync("relay", sql);
        }
        foreach (var table in new[] { "later", "\"Later parts\"", "later_acme" }) await FoundAsync(database, "{s}_owner: row security on " + table);
        await MendedAsync(database);
        await SeesAsync(database, "app_a", "acme", "later", 1);
        await SeesAsync(database, "ro", "globex", "later", 1);
        await SeesAsync(database, "app_b", "globex", "later_acme", 0);
        await SeesAsync(database, "app_b", "acme", "\"Later parts\"", 1);
        await database.ExecuteAsAsync("relay", "do $$ begin if (select count(*) from {s}.later) <> 2 then raise exception 'all tenants'; end if; end $$");
        Assert.Equal("42704", (await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsAsync("app_a", "select * from {s}.later"))).SqlState);
        await database.RefusedAsync("app_a", "begin; set local holdfast.tenant = 'acme'; insert into {s}.later values ('globex', 'x')");
        await database.RefusedAsync("app_a", "begin; set local holdfast.tenant = 'acme'; delete from {s}.later");
        await database.ExecuteAsAsync("app_a", "insert into {s}.unowned values (1)");
        // Once protected it is watched like the others.
        await database.ExecuteAsync("alter table {s}.later disable row level security");
        await FoundAsync(database, "{s}_owner: row security on later");
        await MendedAsync(database);
    }

    [Fact]
    public async Task the_application_may_draw_from_the_sequence_of_a_serial_column_that_somebody_made()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await database.ExecuteAsync("create table {s}.by_hand (id serial, note text)");
        await MendedAsync(database);
        await database.ExecuteAsAsync("app_a", "insert into {s}.by_hand (note) values ('a')");
        await database.ExecuteAsAsync("backup", "select last_value from {s}.by_hand_id_seq");
        Assert.DoesNotContain((await database.Control.PlanAsync(new AccessOptions(), default)).Statements, sql => sql.Contains("by_hand_id_seq", StringComparison.Ordinal));
    }

    [Fact]
    public async Task a_table_whose_tenants_cannot_be_compared_is_nobodys_until_somebody_protects_it()
    {
        using var database = await AccessDatabase.AppliedAsync(rowSecurity: true);
        await database.ExecuteAsync("set role {s}_owner; create table {s}.numbered (tenant_id int); grant select on {s}.numbered to {s}_app");
        await FoundAsync(database, "{s}_owner: row security on numbered");
        await FoundAsync(database, "{s}_app: grants on numbered: it has select");
        var plan = await database.Control.PlanAsync(new AccessOptions(), default);
        Assert.Contains(plan.ByHand, step => step.Sql.Contains($"{database.Schema}.numbered", StringComparison.Ordinal) && !step.IsRequired);
        await database.Control.ApplyAsync(new AccessOptions(), null, default);
        await database.RefusedAsync("app_a", "select * from {s}.numbered");
        await database.RefusedAsync("ro", "select * from {s}.numbered");
        var left = await database.VerifyAsync();
        Assert.Contains(left.Wrong, cell => cell.Subject == "numbered");
        Assert.True(plan.Explains(left), string.Join('\n', left.Wrong.Take(10)));
    }

    private static async Task SeesAsync(AccessDatabase database, string suffix, string tenant, string table, int rows) => await database.ExecuteAsAsync(suffix,
        $"do $$ begin perform set_config('holdfast.tenant', '{tenant}', true); if (select count(*) from {{s}}.{table}) <> {rows} then raise exception 'not {rows} rows of {tenant}'; end if; end $$");

    private static async Task FoundAsync(AccessDatabase database, string finding)
    {
        var matrix = await database.VerifyAsync();
        var expected = finding.Replace("{s}", database.Schema, StringComparison.Ordinal);
        Assert.True(matrix.Wrong.Any(cell => cell.ToString().Contains(expected, StringComparison.Ordinal)), $"expected: {expected}\nfound: {string.Join('\n', matrix.Wrong.Take(10))}");
    }

    private static async Task MendedAsync(AccessDatabase database, string harm = "")
    {
        await database.Control.ApplyAsync(new AccessOptions(), null, default);
        var mended = await database.VerifyAsync();
        Assert.True(mended.IsRight, $"{harm}\nnot mended: {string.Join('\n', mended.Wrong.Take(10))}");
    }
}
