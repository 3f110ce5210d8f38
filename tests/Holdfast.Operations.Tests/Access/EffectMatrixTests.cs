using Holdfast.Operations.Access;
using Holdfast.TestServers;
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
        { "create or replace function {s}.refuse_delete() returns trigger language plpgsql as $$ begin return old; end $$", "guard on users must be refused by the guard, was allowed" },
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
        { "grant {s}_app to {s}_app_a with admin option", "{s}_app_a: memberships: it may hand on {s}_app" },
        { "alter default privileges for role {s}_owner grant delete on tables to {s}_app_b", "{s}_app_b: new table on delete must be refused, was allowed" },
        { "do $$ begin execute format('alter role {s}_app_a in database %I set search_path = public', current_database()); end $$", "{s}_app_a: settings: in this database it has search_path=public" },
        { "do $$ begin execute format('alter role {s}_ro in database %I set default_transaction_read_only = off', current_database()); end $$", "{s}_ro: settings: in this database" },
        { "drop role {s}_app_b", "{s}_app_b: role" },
    };

    [Fact]
    public async Task whatever_is_broken_is_found_and_mended_by_another_apply()
    {
        using var database = await AccessDatabase.AppliedAsync();
        foreach (var (harm, finding) in Broken.Select(row => row.Data))
        {
            if (harm.StartsWith("drop role", StringComparison.Ordinal)) await database.ExecuteAsync("drop owned by {s}_app_b");
            await database.ExecuteAsync(harm);
            var matrix = await database.VerifyAsync();
            var expected = finding.Replace("{s}", database.Schema, StringComparison.Ordinal);
            Assert.True(matrix.Wrong.Any(cell => cell.ToString().Contains(expected, StringComparison.Ordinal)), $"{harm}\nexpected: {expected}\nfound: {string.Join('\n', matrix.Wrong.Take(10))}");
            await database.Control.ApplyAsync(new AccessOptions(), null, default);
            var mended = await database.VerifyAsync();
            Assert.True(mended.IsRight, $"{harm}\nnot mended: {string.Join('\n', mended.Wrong.Take(10))}");
        }
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
            ("drop policy tenant_of_the_transaction on {s}.lives", "{s}_app_a: write own tenant on lives must be allowed, was refused"),
            ("alter policy tenant_of_the_transaction on {s}.settings with check (true)", "{s}_app_a: write other tenant on settings must be refused, was allowed"),
            ("drop policy all_tenants_of_the_relay on {s}.erasures", "{s}_relay: see own tenant on erasures"),
            ("alter role {s}_app_a bypassrls", "{s}_app_a: see own tenant on users"),
        })
        {
            await database.ExecuteAsync(harm);
            // Without the option too: what was separated once must stay so.
            var matrix = await database.VerifyAsync();
            var expected = finding.Replace("{s}", database.Schema, StringComparison.Ordinal);
            Assert.True(matrix.Wrong.Any(cell => cell.ToString().Contains(expected, StringComparison.Ordinal)), $"{harm}\nexpected: {expected}\nfound: {string.Join('\n', matrix.Wrong.Take(10))}");
            if (harm.StartsWith("create policy", StringComparison.Ordinal)) await database.ExecuteAsync("drop policy all_rows on {s}.payments");
            await database.Control.ApplyAsync(new AccessOptions(RowSecurity: true), null, default);
            var mended = await database.VerifyAsync();
            Assert.True(mended.IsRight, $"{harm}\nnot mended: {string.Join('\n', mended.Wrong.Take(10))}");
        }
    }
}
