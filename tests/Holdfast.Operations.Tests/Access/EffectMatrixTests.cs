using Holdfast.Operations.Access;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

public sealed class EffectMatrixTests
{
    private const string Everything = """
        select md5(string_agg(t, ';' order by t)) from (
          select 'c' || oid || relname || relacl::text || relowner || relrowsecurity from pg_class where relnamespace not in (select oid from pg_namespace where nspname like 'pg\_%')
          union all select 'p' || oid || proname || coalesce(proacl::text, '') from pg_proc
          union all select 'n' || oid || nspname || coalesce(nspacl::text, '') from pg_namespace where nspname not like 'pg\_%temp%'
          union all select 'a' || oid || rolname || coalesce(rolpassword, '') from pg_authid where rolname like '{s}\_%'
          union all select 'm' || roleid || '>' || member from pg_auth_members where exists (select from pg_authid where rolname like '{s}\_%' and oid in (roleid, member))
          union all select 't' || oid || tgname || tgenabled::text from pg_trigger
          union all select 'r' || count(*) from {s}.session_memories union all select 'e' || count(*) from {s}.erasures union all select 'l' || count(*) from {s}.lives) x(t)
        """;

    [Theory]
    [InlineData(PostgresVersion.Debian, false)]
    [InlineData(PostgresVersion.Debian, true)]
    [InlineData(PostgresVersion.Newer, false)]
    [InlineData(PostgresVersion.Newer, true)]
    public async Task what_is_applied_is_as_declared_and_trying_it_leaves_nothing_behind(PostgresVersion version, bool rowSecurity)
    {
        using var database = await AccessDatabase.AppliedAsync(version, rowSecurity);
        var before = await database.ScalarAsync<string>(Everything);
        foreach (var logIn in new[] { false, true })
        {
            var matrix = await database.VerifyAsync(rowSecurity, logIn);
            Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(20)));
            Assert.Equal(logIn ? rowSecurity ? 7 : 6 : 0, matrix.LoggedIn.Count);
            Assert.True(matrix.Cells.Count > 1_500, $"{matrix.Cells.Count} cells");
            TestContext.Current.SendDiagnosticMessage($"{version} rls {rowSecurity} login {logIn}: {matrix.Cells.Count} cells in {matrix.Duration.TotalMilliseconds:0} ms");
        }
        Assert.Equal(before, await database.ScalarAsync<string>(Everything));

        await database.Control.ApplyAsync(new AccessOptions(rowSecurity), database.Secrets, default);
        Assert.Equal(before, await database.ScalarAsync<string>(Everything));
    }

    /// <summary>What somebody breaks, and what verify says of it.</summary>
    public static TheoryData<string, string> Broken => new()
    {
        { "grant delete on {s}.session_memories to {s}_app", "{s}_app_a: delete on session_memories must be refused, was allowed" },
        { "grant truncate on {s}.quota_usage to {s}_app", "{s}_app_b: truncate on quota_usage must be refused, was refused by the guard" },
        { "grant trigger on {s}.users to {s}_app", "{s}_app: grants on users" },
        { "grant select (content) on {s}.users to {s}_monitor", "{s}_monitor: grants on users.content" },
        { "grant select on {s}.payments to public", "{s}_monitor: select on payments must be refused, was allowed" },
        { "grant insert on {s}.canary to {s}_ro", "{s}_ro: insert on canary must be refused, was allowed" },
        { "grant update on {s}.schema_versions to {s}_app", "{s}_app: update on schema_versions must be refused" },
        { "revoke select on {s}.session_memories from {s}_app", "{s}_app_a: select on session_memories must be allowed, was refused" },
        { "revoke delete on {s}.relay_rejects from {s}_app", "{s}_app_a: delete on relay_rejects must be allowed" },
        { "revoke usage on schema {s} from {s}_backup", "{s}_backup: select on session_memories must be allowed" },
        { "revoke execute on function {s}.is_erased(text, uuid, text, text) from {s}_app", "{s}_app_b: execute on is_erased must be allowed" },
        { "grant execute on function {s}.erase(text, text, text) to public", "{s}_ro: execute on erase must be refused, was allowed" },
        { "alter table {s}.quota_usage disable trigger refuse_delete_of_rows", "guard on quota_usage" },
        { "drop trigger refuse_truncate on {s}.payments", "guard on payments" },
        { "create or replace trigger refuse_truncate before truncate on {s}.users for each statement when (false) execute function {s}.refuse_delete()", "guard on users" },
        { "create or replace trigger refuse_delete_of_rows before insert on {s}.users for each row execute function {s}.refuse_delete()", "guard on users" },
        { "create or replace trigger refuse_delete_of_rows before delete on {s}.lives for each row execute function suppress_redundant_updates_trigger()", "guard on lives" },
        { "drop trigger refuse_delete_of_rows on {s}.lives; create constraint trigger refuse_delete_of_rows after delete on {s}.lives deferrable initially deferred for each row execute function {s}.refuse_delete()", "guard on lives" },
        { "drop trigger if exists refuse_change_of_records on {s}.erasures", "guard on erasures" },
        { "create or replace function {s}.refuse_change() returns trigger language plpgsql as $$ begin return new; end $$", "{s}_owner: function on refuse_change(): its body or its attributes are not the declared ones" },
        { "create or replace function {s}.refuse_delete() returns trigger language plpgsql as $$ begin return old; end $$", "{s}_owner: function on refuse_delete(): its body or its attributes are not the declared ones" },
        { "grant create on schema public to public", "{s}_app_a: create table on public must be refused, was allowed" },
        { "grant create on schema {s} to {s}_app", "{s}_app_a: create table on {s} must be refused, was allowed" },
        { "do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$", "{s}_app_a: create temp table must be refused, was allowed" },
        { "do $$ begin execute format('grant create on database %I to {s}_ro', current_database()); end $$", "{s}_ro: create schema must be refused, was allowed" },
        { "alter default privileges for role {s}_owner in schema {s} revoke select on tables from {s}_app", "{s}_app_a: new table on select must be allowed, was refused" },
        { "alter default privileges for role {s}_owner in schema {s} grant delete on tables to {s}_app", "{s}_app_a: new table on delete must be refused, was allowed" },
        { "alter default privileges for role {s}_owner grant execute on functions to public", "{s}_ro: new function on execute must be refused, was allowed" },
        { "alter role {s}_app_b superuser", "{s}_app_b: attributes" },
        { "alter role {s}_ro bypassrls", "{s}_ro: attributes" },
        { "alter role {s}_monitor createrole", "{s}_monitor: create role must be refused, was allowed" },
        { "grant {s}_owner to {s}_app_a", "{s}_app_a: become owner must be refused, was allowed" },
        { "grant pg_read_all_data to {s}_monitor", "{s}_monitor: select on users must be refused, was allowed" },
        { "revoke {s}_owner from {s}_migrator", "{s}_migrator: become owner must be allowed, was refused" },
        { "alter role {s}_monitor reset statement_timeout", "{s}_monitor: settings" },
        { "alter role {s}_migrator connection limit 50", "{s}_migrator: attributes on login" },
        { "alter table {s}.users owner to {s}_app", "owner on users" },
        { "alter function {s}.erase(text, text, text) reset search_path", "search_path on erase" },
        { "grant delete on {s}.users to {s}_app_b", "{s}_app_b: delete on users must be refused, was allowed" },
        { "grant execute on function {s}.erase(text, text, text) to {s}_ro", "{s}_ro: execute on erase must be refused, was allowed" },
        { "grant execute on function {s}.matching(text, text) to {s}_monitor", "{s}_monitor: execute on matching" },
        { "grant execute on function {s}.refuse_delete() to {s}_monitor", "{s}_monitor: grants on refuse_delete()" },
        { "grant {s}_app to {s}_app_a with admin option", "{s}_app_a: memberships: it may hand on {s}_app" },
        { "alter default privileges for role {s}_owner grant delete on tables to {s}_app_b", "{s}_app_b: new table on delete must be refused, was allowed" },
        { "do $$ begin execute format('alter role {s}_app_a in database %I set search_path = public', current_database()); end $$", "{s}_app_a: settings: in this database it has search_path=public" },
        { "do $$ begin execute format('alter role {s}_ro in database %I set default_transaction_read_only = off', current_database()); end $$", "{s}_ro: settings: in this database" },
        { "alter role {s}_app_a set default_transaction_read_only = on", "{s}_app_a: settings: it has default_transaction_read_only=on beyond the declaration" },
        { "alter role {s}_app set row_security = off; alter role {s}_app_b set session_replication_role = replica; alter role {s}_app_b set lock_timeout = 1", "{s}_app_b: settings: it has lock_timeout=1; session_replication_role=replica beyond" },
        { "alter role {s}_ro set role = {s}_ro", "{s}_ro: settings: it has role={s}_ro beyond" },
        { "alter role {s}_app_a set holdfast.tenant = 'default'; alter role {s}_app_a set synchronous_commit = off", "{s}_app_a: settings: it has holdfast.tenant=default; synchronous_commit=off beyond" },
        { "do $$ begin execute format('alter role {s}_app_a in database %I set default_transaction_read_only = on', current_database()); end $$", "{s}_app_a: settings: in this database it has default_transaction_read_only=on" },
        { "do $$ begin execute format('alter database %I set row_security = off', current_database()); end $$", "public: settings on database: every role's sessions start with row_security=off" },
        { "do $$ begin execute format('alter database %I set \"holdfast.no_tenant_is_named\" = %L', current_database(), 'x'); end $$", "public: settings on database: every role's sessions start with holdfast.no_tenant_is_named=x" },
        { "alter role {s}_app_a valid until 'yesterday'", "{s}_app_a: attributes on password: its password ended on " },
        { "do $$ begin execute format('grant connect on database %I to public', current_database()); end $$", "public: grants on database: it has connect beyond the declaration" },
        { "alter function {s}.erase(text, text, text) set search_path = public, pg_temp", "{s}_owner: function on erase(text, text, text): its body or its attributes are not the declared ones" },
        { "alter function {s}.matching(text, text) security invoker", "{s}_owner: function on matching(text, text)" },
        { "drop role {s}_app_b", "{s}_app_b: role" },
    };

    [Fact]
    public async Task whatever_is_broken_is_found_and_mended_by_another_apply()
    {
        using var database = await AccessDatabase.AppliedAsync();
        foreach (var (number, (harm, finding)) in Broken.Select(row => row.Data).Index())
        {
            if (harm.StartsWith("drop role", StringComparison.Ordinal)) await database.ExecuteAsync("drop owned by {s}_app_b");
            await database.ExecuteAsync(harm);
            var matrix = await database.VerifyAsync();
            var expected = finding.Replace("{s}", database.Schema, StringComparison.Ordinal);
            Assert.True(matrix.Wrong.Any(cell => cell.ToString().Contains(expected, StringComparison.Ordinal)), $"{harm}\nexpected: {expected}\nfound: {string.Join('\n', matrix.Wrong.Take(10))}");
            await database.Control.ApplyAsync(new AccessOptions(), null, default);
            // What one of them left would still be there; all of it is looked at for some together, since that takes its time.
            if (number % 6 != 5 && number < Broken.Count - 1) continue;
            var mended = await database.VerifyAsync();
            Assert.True(mended.IsRight, $"{harm}\nnot mended: {string.Join('\n', mended.Wrong.Take(10))}");
        }
    }

    /// <summary>What others have made beside it and what is an administrator's to choose: no step of apply's own, and named with the SQL that ends it.</summary>
    private static readonly (string Harm, string Finding, string Step)[] Foreign =
    [
        ("grant set on parameter session_replication_role to public", "public: grants on parameter session_replication_role", "revoke set on parameter session_replication_role from public"),
        ("alter role {s}_app_a nologin; alter role {s}_app_b nologin", "{s}_app: attributes on slots: neither of its slots may log in", "alter role {s}_app_a login; alter role {s}_app_b login"),
        ("create function public.leak() returns setof text language sql security definer as 'select content::text from {s}.session_memories'", "public: execute on public.leak(): it runs with the rights of holdfast", "revoke all on routine public.leak() from public"),
        ("create function public.quoted() returns setof text language plpgsql security definer as $$ begin return query select content::text from \"{s}\".\"users\"; end $$", "public: execute on public.quoted()", "revoke all on routine public.quoted() from public"),
        ("create view public.shown as select content from {s}.users; grant select on public.shown to public", "{s}_monitor: row security on public.shown: it reads this view", "revoke all on table public.shown from public"),
        ("create role {s}_bob login; grant create on schema {s} to {s}_bob", "{s}_bob: grants on {s}: it has create, is none of Holdfast's roles", "revoke create on schema {s} from {s}_bob cascade"),
        ("grant execute on function {s}.erase(text, text, text) to {s}_bob", "{s}_bob: grants on erase(tenant_id text, user_id text, session_id text): it has execute", "revoke all on routine {s}.erase(tenant_id text, user_id text, session_id text) from {s}_bob cascade"),
    ];

    [Fact]
    public async Task what_is_somebody_elses_to_end_is_found_and_is_a_step_by_hand_that_stops_no_other_server()
    {
        using var database = await AccessDatabase.AppliedAsync();
        string Of(string text) => text.Replace("{s}", database.Schema, StringComparison.Ordinal);
        foreach (var (harm, finding, step) in Foreign)
        {
            await database.ExecuteAsync(harm);
            var (plan, _) = await database.Control.ApplyAsync(new AccessOptions(), null, default);
            var matrix = await database.VerifyAsync();
            Assert.True(matrix.Wrong.Any(cell => cell.ToString().Contains(Of(finding), StringComparison.Ordinal)), $"{harm}\nexpected: {finding}\nfound: {string.Join('\n', matrix.Wrong.Take(10))}");
            Assert.True(plan.ByHand.Any(one => Of(step).StartsWith(one.Sql, StringComparison.Ordinal) && !one.IsRequired), $"{harm}\n{string.Join('\n', plan.ByHand.Select(one => one.Sql))}");
            Assert.True(plan.Explains(matrix), $"{harm}\n{string.Join('\n', matrix.Wrong.Take(10))}");
            await database.ExecuteAsync(step);
            var mended = await database.VerifyAsync();
            Assert.True(mended.IsRight, $"{harm}\nnot mended: {string.Join('\n', mended.Wrong.Take(10))}");
        }
    }

    /// <summary>The owner's objects run as whoever uses its tables: the migrator, who may become the owner, would become whoever verifies.</summary>
    [Fact]
    public async Task what_somebody_has_put_on_a_table_is_found_and_is_not_run_with_the_rights_of_who_verifies()
    {
        using var database = await AccessDatabase.AppliedAsync(rowSecurity: true);
        const string Spy = "create or replace function {s}.spy() returns @ language plpgsql as $$ begin reset session authorization; reset role; if (select rolsuper from pg_roles where rolname = current_user) then perform nextval('{s}.runs'); end if; return !; end $$; alter function {s}.spy() owner to {s}_owner; ";
        string Of(string type, string value) => Spy.Replace("@", type, StringComparison.Ordinal).Replace("!", value, StringComparison.Ordinal);
        await database.ExecuteAsync("create sequence {s}.runs; alter sequence {s}.runs owner to {s}_owner");
        foreach (var (harm, finding, mend) in new[]
        {
            (Of("trigger", "null") + "create trigger aaa before insert on {s}.users for each statement execute function {s}.spy()", "code on users: trigger aaa, which calls {s}.spy, is not declared", "drop trigger aaa on {s}.users; drop function {s}.spy()"),
            (Of("text", "'x'") + "alter table {s}.payments alter column id set default {s}.spy()::uuid", "code on payments: default value for column id of table {s}.payments, which calls function {s}.spy(), is not declared", "alter table {s}.payments alter column id drop default; drop function {s}.spy()"),
            (Of("boolean", "true") + "alter table {s}.lives add constraint spied check ({s}.spy())", "code on lives: constraint spied on table {s}.lives, which calls", "alter table {s}.lives drop constraint spied; drop function {s}.spy()"),
            ("alter table {s}.payments alter column id set default md5(query_to_xml('select 1', false, false, '')::text)::uuid", "code on payments: default value for column id of table {s}.payments, which calls query_to_xml, is not declared", "alter table {s}.payments alter column id drop default"),
            ("create rule also as on insert to {s}.users do also notify spied", "code on users: rule also, is not declared", "drop rule also on {s}.users"),
            ("create domain {s}.named as text; alter table {s}.users add column more {s}.named", "code on users: column more of the type {s}.named, is not declared", "alter table {s}.users drop column more; drop domain {s}.named"),
        })
        {
            await database.ExecuteAsync(harm);
            foreach (var logIn in new[] { false, true })
            {
                var matrix = await database.VerifyAsync(logIn: logIn);
                Assert.True(matrix.Wrong.Any(cell => cell.ToString().Contains(finding.Replace("{s}", database.Schema, StringComparison.Ordinal), StringComparison.Ordinal)), $"{harm}\n{string.Join('\n', matrix.Wrong.Take(10))}");
                Assert.Contains(matrix.Notes, note => note.StartsWith("Nothing was tried as holdfast: ", StringComparison.Ordinal));
            }
            await database.ExecuteAsync(mend);
        }
        Assert.False(await database.ScalarAsync<bool>("select is_called from {s}.runs"));
        await database.ExecuteAsync("drop sequence {s}.runs");
        var right = await database.VerifyAsync();
        Assert.True(right.IsRight, string.Join('\n', right.Wrong.Take(10)));
    }

    /// <summary>What could not be looked at is not taken for good: the function may be another one the next moment, and the trials would run it.</summary>
    [Fact]
    public async Task a_function_that_somebody_holds_back_is_a_finding_and_nothing_is_tried_with_the_rights_of_who_verifies()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await using (var source = NpgsqlDataSource.Create(database.Connection))
        await using (var held = await source.OpenConnectionAsync())
        await using (var transaction = await held.BeginTransactionAsync())
        {
            await using (var command = new NpgsqlCommand($"alter function {database.Schema}.refuse_delete() cost 77", held)) await command.ExecuteNonQueryAsync();
            var matrix = await database.VerifyAsync();
            Assert.Contains(matrix.Wrong, cell => cell.ToString().Contains("the functions could not be compared with the declaration", StringComparison.Ordinal));
            Assert.Contains(matrix.Notes, note => note.StartsWith("Nothing was tried as holdfast: ", StringComparison.Ordinal));
            Assert.DoesNotContain(matrix.Cells, cell => cell.Operation is "guard" or "new table");
        }
        var right = await database.VerifyAsync();
        Assert.True(right.IsRight, string.Join('\n', right.Wrong.Take(10)));
    }

    [Fact]
    public async Task a_large_object_of_the_apps_is_named_with_the_SQL_that_ends_it()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await database.ExecuteAsync("set role {s}_app_a; select lo_from_bytea(0, 'x')");
        var number = await database.ScalarAsync<uint>("select oid from pg_largeobject_metadata");
        var (plan, _) = await database.Control.ApplyAsync(new AccessOptions(), null, default);
        var matrix = await database.VerifyAsync();
        Assert.Equal($"{database.Schema}_app_a: owns on large object {number}: it belongs to {database.Schema}_app_a; only {database.Schema}_owner may own something", Assert.Single(matrix.Wrong).ToString());
        var step = Assert.Single(plan.ByHand);
        Assert.StartsWith($"alter large object {number} owner to {database.Schema}_owner; or", step.Sql, StringComparison.Ordinal);
        Assert.True(plan.Explains(matrix));
        await database.ExecuteAsync(step.Sql.Split(';')[0]);
        Assert.True((await database.VerifyAsync()).IsRight);
    }

    [Fact]
    public async Task a_database_in_which_nobody_writes_is_found_and_nothing_is_applied_before_somebody_ends_that()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await database.ExecuteAsync("do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$");
        var matrix = await database.VerifyAsync();
        Assert.Equal("public: settings on database: every role's sessions start with default_transaction_read_only=on", Assert.Single(matrix.Wrong).ToString());
        var blocked = await Assert.ThrowsAsync<AccessBlockedException>(() => database.Control.ApplyAsync(new AccessOptions(), null, default));
        var step = Assert.Single(blocked.Plan.ByHand);
        Assert.True(blocked.Plan.Explains(matrix));
        await database.ExecuteAsync(step.Sql);
        Assert.True((await database.VerifyAsync()).IsRight);
    }

    [Fact]
    public async Task what_is_an_administrators_to_choose_is_no_finding()
    {
        using var database = await AccessDatabase.AppliedAsync(rowSecurity: true);
        await database.ExecuteAsync("""
            alter role {s}_app_a set work_mem = '8MB'; alter role {s}_app_b set timezone = 'UTC'; alter role {s}_ro set log_min_duration_statement = 100; alter role {s}_app set app.name = 'x';
            alter role {s}_app_a set default_transaction_read_only = off; alter role {s}_monitor valid until '2999-01-01'; grant set on parameter log_statement to public;
            do $$ begin execute format('alter database %I set lock_timeout = %L', current_database(), '5s'); execute format('alter database %1$I set timezone = %2$L; alter database %1$I set search_path = public', current_database(), 'UTC'); end $$;
            create function public.counts() returns bigint language sql security definer as 'select 1::bigint'; create function public.fired() returns trigger language plpgsql security definer as $$ begin perform 1 from {s}.users; return new; end $$;
            create role {s}_reporter login; grant select (content) on {s}.users to {s}_reporter; grant usage on schema {s} to {s}_reporter; grant execute on function {s}.is_erased(text, uuid, text, text) to {s}_reporter
            """);
        var matrix = await database.VerifyAsync();
        Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(10)));
        Assert.Contains(matrix.Notes, note => note.Contains($"{database.Schema}_monitor ends on 2999-01-01", StringComparison.Ordinal));
        Assert.Contains(matrix.Notes, note => note.Contains($"{database.Schema}_reporter (usage on schema, execute on 1 functions, select on 1 columns)", StringComparison.Ordinal));
        await database.ExecuteAsync("revoke set on parameter log_statement from public");
        Assert.Empty((await database.Control.PlanAsync(new AccessOptions(), default)).ByHand);
    }

    [Fact]
    public async Task a_table_without_row_security_a_policy_too_wide_and_a_missing_one_are_found()
    {
        using var database = await AccessDatabase.AppliedAsync(rowSecurity: true);
        foreach (var (harm, finding) in new[]
        {
            ("alter table {s}.users disable row level security", "see own tenant on users"),
            ("alter table {s}.users no force row level security", "row security on users"),
            ("create policy all_rows on {s}.payments to {s}_ro using (true)", "{s}_ro: see without tenant on payments"),
            ("create policy p on {s}.session_memories to {s}_app using (tenant_id = 'acme')", "{s}_owner: row security on session_memories: policies that are not declared: p"),
            ("create policy \"Q q\" on {s}.session_memories for update to {s}_app using (true) with check (true)", "policies that are not declared: \"Q q\""),
            ("create policy r on {s}.users as restrictive to {s}_relay using (tenant_id = 'acme')", "policies that are not declared: r"),
            ("alter policy tenant_of_the_transaction on {s}.users using (tenant_id in ('acme', current_setting('holdfast.tenant', true)))", "policies that are missing or others: tenant_of_the_transaction"),
            ("drop policy tenant_of_the_transaction on {s}.lives", "{s}_app_a: write own tenant on lives must be allowed, was refused"),
            ("alter policy tenant_of_the_transaction on {s}.settings with check (true)", "{s}_app_a: write other tenant on settings must be refused, was allowed"),
            ("drop policy all_tenants_of_the_relay on {s}.erasures", "{s}_relay: see own tenant on erasures"),
            ("alter role {s}_app_a bypassrls", "{s}_app_a: see own tenant on users"),
            ("alter policy tenant_of_the_transaction on {s}.users using (tenant_id = coalesce(nullif(current_setting('holdfast.tenant', true), ' '), current_setting('holdfast.no_tenant_is_named')))", "policies that are missing or others: tenant_of_the_transaction"),
            ("create or replace function {s}.erase(tenant_id text, user_id text, session_id text) returns table (erasure_id uuid, rows_emptied bigint) language plpgsql security definer set search_path = pg_catalog, pg_temp as $$ begin update {s}.session_memories t set content = null where t.user_id = $2; return; end $$", "{s}_app_a: execute for other tenant on erase must be refused, was allowed"),
            ("create or replace function {s}.matching(tenant_id text, words text) returns setof uuid language sql stable security definer set search_path = pg_catalog, pg_temp as 'select id from {s}.session_memories'", "{s}_app_b: execute for other tenant on matching must be refused, was allowed"),
            ("create or replace function {s}.matching(tenant_id text, words text) returns setof uuid language sql stable security definer set search_path = pg_catalog, pg_temp as 'select id from {s}.session_memories'", "{s}_owner: function on matching(text, text): its body"),
        })
        {
            await database.ExecuteAsync(harm);
            // Without the option too: what was separated once must stay so. A function that is not the declared one is tried by log-ins alone.
            var matrix = await database.VerifyAsync(logIn: harm.StartsWith("create or replace function", StringComparison.Ordinal));
            var expected = finding.Replace("{s}", database.Schema, StringComparison.Ordinal);
            Assert.True(matrix.Wrong.Any(cell => cell.ToString().Contains(expected, StringComparison.Ordinal)), $"{harm}\nexpected: {expected}\nfound: {string.Join('\n', matrix.Wrong.Take(10))}");
            await database.Control.ApplyAsync(new AccessOptions(RowSecurity: true), null, default);
            var mended = await database.VerifyAsync();
            Assert.True(mended.IsRight, $"{harm}\nnot mended: {string.Join('\n', mended.Wrong.Take(10))}");
        }
    }
}
