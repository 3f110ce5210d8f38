using Holdfast.Operations.Access;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>Roles belong to the whole server and may be granted to anybody: what others made of them, and what is beside them.</summary>
public sealed class ForeignRightsTests
{
    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task roles_that_were_there_before_with_other_attributes_become_the_declared_ones(PostgresVersion version)
    {
        using var database = await AccessDatabase.CreateAsync(version);
        await database.ExecuteAsync("""
            create role {s}_owner login; create role {s}_migrator login inherit; create role {s}_app login superuser; create role {s}_app_a nologin noinherit;
            grant {s}_owner to {s}_migrator; grant {s}_app to {s}_app_a with admin option; grant pg_write_all_data to {s}_app; alter role {s}_migrator set search_path = public
            """);
        await database.Control.ApplyAsync(new AccessOptions(), database.Secrets, default);
        var matrix = await database.VerifyAsync(logIn: true);
        Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(10)));
        // The slot that was closed stays so.
        Assert.Contains(matrix.Notes, note => note.StartsWith($"{database.Schema}_app_a may not log in", StringComparison.Ordinal));
        Assert.False(await database.ScalarAsync<bool>("select rolcanlogin from pg_roles where rolname = '{s}_app_a'"));
    }

    [Fact]
    public async Task who_may_act_as_the_owner_is_found_and_who_else_has_rights_is_told()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await database.ExecuteAsync("create role {s}_legacy login; grant delete on {s}.users to {s}_legacy; grant {s}_ro to {s}_legacy");
        var told = await database.VerifyAsync();
        Assert.True(told.IsRight, string.Join('\n', told.Wrong.Take(10)));
        Assert.Contains(told.Notes, note => note.Contains($"{database.Schema}_legacy (delete on 1 tables)", StringComparison.Ordinal));
        Assert.Contains(told.Notes, note => note.Contains($"{database.Schema}_legacy as {database.Schema}_ro", StringComparison.Ordinal));

        await database.ExecuteAsync("grant {s}_owner to {s}_legacy");
        Assert.Contains((await database.VerifyAsync()).Wrong, cell => cell.ToString().Contains($"{database.Schema}_legacy is a member of it", StringComparison.Ordinal));
    }

    [Fact]
    public async Task tenants_kept_apart_in_one_database_are_not_kept_apart_in_another_of_the_same_server()
    {
        using var database = await AccessDatabase.AppliedAsync(rowSecurity: true);
        var second = await database.Server.CreateDatabaseAsync();
        await new SchemaMigrator(second, database.Schema).MigrateAsync();
        var control = new AccessControl(new NpgsqlConnectionStringBuilder(second), database.Schema);
        Assert.DoesNotContain((await control.PlanAsync(new AccessOptions(), default)).Statements, sql => sql.Contains("row level security", StringComparison.Ordinal));
        await control.ApplyAsync(new AccessOptions(), null, default);
        var matrix = await control.VerifyAsync(new AccessOptions(), [], default);
        Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(10)));
        // Where they were, they stay, also when somebody has switched all of it off.
        foreach (var table in RowSecurity.Protected) await database.ExecuteAsync($"alter table {{s}}.{table.Name} disable row level security");
        Assert.Contains((await database.VerifyAsync()).Wrong, cell => cell.Operation == "row security");
    }

    [Fact]
    public async Task a_right_to_the_database_that_somebody_else_has_given_is_a_step_by_hand_which_explains_what_is_wrong()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await database.ExecuteAsync("""
            create role {s}_dba login; do $$ begin execute format('grant temporary on database %I to {s}_dba with grant option', current_database()); end $$;
            set role {s}_dba; do $$ begin execute format('grant temporary on database %I to {s}_ro', current_database()); end $$
            """);
        var (plan, _) = await database.Control.ApplyAsync(new AccessOptions(), null, default);
        var step = Assert.Single(plan.ByHand);
        Assert.StartsWith("revoke temporary on database ", step.Sql, StringComparison.Ordinal);
        Assert.EndsWith($" from {database.Schema}_ro cascade", step.Sql, StringComparison.Ordinal);
        var matrix = await database.VerifyAsync();
        Assert.False(matrix.IsRight);
        Assert.True(plan.Explains(matrix), string.Join('\n', matrix.Wrong.Take(10)));
        await database.ExecuteAsync($"set role {{s}}_dba; {step.Sql}");
        Assert.True((await database.VerifyAsync()).IsRight);
        // Of another role nothing is explained.
        await database.ExecuteAsync("grant select on {s}.users to {s}_monitor");
        Assert.False(plan.Explains(await database.VerifyAsync()));
    }

    [Fact]
    public async Task what_one_of_the_roles_has_handed_on_ends_with_the_right_to_hand_it_on()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await database.ExecuteAsync("""
            grant select on {s}.users to {s}_app with grant option; grant update (content) on {s}.users to {s}_app with grant option; grant usage on schema {s} to {s}_app with grant option;
            do $$ begin execute format('grant connect on database %I to {s}_app_a with grant option', current_database()); end $$;
            set role {s}_app; grant select on {s}.users to public; grant update (content) on {s}.users to {s}_ro; grant usage on schema {s} to {s}_monitor;
            reset role; set role {s}_app_a; do $$ begin execute format('grant connect on database %I to {s}_monitor', current_database()); end $$
            """);
        Assert.False((await database.VerifyAsync()).IsRight);
        var (plan, _) = await database.Control.ApplyAsync(new AccessOptions(), null, default);
        Assert.Empty(plan.ByHand);
        var matrix = await database.VerifyAsync();
        Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(10)));
    }

    [Fact]
    public async Task a_view_that_shows_all_tenants_is_found_and_one_of_its_readers_rights_is_not()
    {
        using var database = await AccessDatabase.AppliedAsync(rowSecurity: true);
        await database.ExecuteAsync("create view {s}.all_of_them as select * from {s}.users; alter view {s}.all_of_them owner to {s}_owner; grant select on {s}.all_of_them to {s}_app");
        Assert.Contains((await database.VerifyAsync()).Wrong, cell => cell.ToString().Contains($"{database.Schema}.all_of_them: it reads this view", StringComparison.Ordinal));
        await database.ExecuteAsync("alter view {s}.all_of_them set (security_invoker = true)");
        var matrix = await database.VerifyAsync();
        Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(10)));
    }

    [Fact]
    public async Task a_view_of_a_view_and_one_of_which_columns_are_given_are_found_wherever_they_are()
    {
        using var database = await AccessDatabase.AppliedAsync(rowSecurity: true);
        await database.ExecuteAsync("""
            create schema reports; grant usage on schema reports to public; create view reports.one as select * from {s}.users; create view reports.two as select * from reports.one;
            create view reports.three as select content from reports.two; create view reports.none as select 1 as a; grant select on reports.two, reports.none to public; grant select (content) on reports.three to public
            """);
        var wrong = (await database.VerifyAsync()).Wrong;
        foreach (var view in new[] { "reports.two", "reports.three" })
            foreach (var reader in new[] { "app_a", "ro" }) Assert.Contains(wrong, cell => cell.ToString().StartsWith($"{database.Schema}_{reader}: row security on {view}: it reads this view", StringComparison.Ordinal));
        Assert.DoesNotContain(wrong, cell => cell.Subject is "reports.one" or "reports.none");
        // The reader's rights end where a view over a view runs with its owner's.
        await database.ExecuteAsync("alter view reports.three set (security_invoker = true)");
        Assert.Contains((await database.VerifyAsync()).Wrong, cell => cell.Subject == "reports.three");
        await database.ExecuteAsync("revoke all on reports.two, reports.three from public; revoke select (content) on reports.three from public");
        Assert.True((await database.VerifyAsync()).IsRight);
    }

    [Fact]
    public async Task who_may_hand_on_the_owner_role_is_found_though_he_may_not_become_it()
    {
        using var database = await AccessDatabase.AppliedAsync(PostgresVersion.Newer);
        await database.ExecuteAsync("create role {s}_bob login; grant {s}_owner to {s}_bob with admin true, inherit false, set false");
        Assert.Contains((await database.VerifyAsync()).Wrong, cell => cell.ToString().Contains($"{database.Schema}_bob is a member of it", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("create or replace trigger refuse_truncate before truncate on {s}.users for each statement when (false) execute function {s}.refuse_delete()")]
    [InlineData("create or replace trigger refuse_truncate before insert on {s}.users for each statement execute function {s}.refuse_delete()")]
    public async Task a_trigger_of_the_guard_that_does_nothing_is_found_also_while_somebody_reads_the_table(string harm)
    {
        using var database = await AccessDatabase.AppliedAsync();
        await database.ExecuteAsync(harm);
        await using var reader = new NpgsqlConnection(database.Connection + ";Pooling=false");
        await reader.OpenAsync();
        await new NpgsqlCommand($"begin; select count(*) from {database.Schema}.users", reader).ExecuteNonQueryAsync();
        Assert.Contains((await database.VerifyAsync()).Wrong, cell => cell.ToString().Contains("guard on users", StringComparison.Ordinal));
    }

    [Fact]
    public async Task a_table_that_somebody_reads_meanwhile_is_no_finding_and_a_missing_trigger_on_it_is()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await using var reader = new NpgsqlConnection(database.Connection + ";Pooling=false");
        await reader.OpenAsync();
        await new NpgsqlCommand($"begin; select count(*) from {database.Schema}.users", reader).ExecuteNonQueryAsync();
        var matrix = await database.VerifyAsync();
        Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(10)));
        Assert.Contains(matrix.Notes, note => note.StartsWith("TRUNCATE was not tried on tables that are in use: users;", StringComparison.Ordinal));
        await new NpgsqlCommand("rollback", reader).ExecuteNonQueryAsync();
        await database.ExecuteAsync("alter table {s}.users disable trigger refuse_truncate");
        Assert.Contains((await database.VerifyAsync()).Wrong, cell => cell.ToString().Contains("guard on users", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task what_cannot_be_tried_because_the_tables_are_not_there_is_a_finding_not_a_crash(bool rowSecurity)
    {
        using var database = await AccessDatabase.CreateAsync(migrated: false);
        Assert.False((await database.VerifyAsync(rowSecurity)).IsRight);
        await database.Control.ApplyAsync(new AccessOptions(rowSecurity), null, default);
        Assert.Contains((await database.VerifyAsync(rowSecurity)).Wrong, cell => cell.ToString().Contains("the table is not there", StringComparison.Ordinal));
    }
}
