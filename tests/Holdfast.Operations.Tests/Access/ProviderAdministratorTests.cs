using System.Globalization;
using Holdfast.Operations.Access;
using Holdfast.Operations.Access.Effects;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>Providers give no superuser, but a role that may create roles and owns its database.</summary>
public sealed class ProviderAdministratorTests
{
    private static int _count;

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task without_a_superuser_all_is_done_but_what_the_console_must_do_which_is_printed(PostgresVersion version)
    {
        var (server, connection, schema) = await AdministratorAsync(version, "createrole createdb");
        await new SchemaMigrator(connection, schema).MigrateAsync();
        var control = new AccessControl(new NpgsqlConnectionStringBuilder(connection), schema);

        var (plan, _) = await control.ApplyAsync(new AccessOptions(RowSecurity: true), null, default);
        Assert.Empty(plan.Blocking);
        var stats = $"grant pg_read_all_stats to {schema}_app";
        // Until PostgreSQL 15 whoever may create roles may hand out every role but a superuser's.
        Assert.Equal(version == PostgresVersion.Debian ? [] : (string[])[stats, $"grant pg_monitor to {schema}_monitor"], plan.ByHand.Select(step => step.Sql));
        Assert.Contains(plan.Notes, note => note.Contains("--enable-row-security", StringComparison.Ordinal));

        // The console's part is missed by name, and nothing else is.
        var before = await control.VerifyAsync(new AccessOptions(RowSecurity: true), [], default);
        Assert.Equal(plan.ByHand.Count, before.Wrong.Count);
        Assert.All(before.Wrong, cell => Assert.Equal("memberships", cell.Operation));
        foreach (var step in plan.ByHand) await PostgresServer.ExecuteAsync(server.ConnectionString, step.Sql);
        var after = await control.VerifyAsync(new AccessOptions(RowSecurity: true), [], default);
        Assert.True(after.IsRight, string.Join('\n', after.Wrong.Take(10)));
        Assert.Empty((await control.PlanAsync(new AccessOptions(RowSecurity: true), default)).ByHand);
        await control.ApplyAsync(new AccessOptions(RowSecurity: true), null, default);
    }

    /// <summary>As Neon's and, from PostgreSQL 16 on, Supabase's administrators: in a role that may hand out pg_monitor, and no other of PostgreSQL's.</summary>
    [Fact]
    public async Task who_may_hand_out_pg_monitor_only_gives_that_and_all_is_as_declared()
    {
        var (server, connection, schema) = await AdministratorAsync(PostgresVersion.Newer, "createrole createdb");
        var admin = new NpgsqlConnectionStringBuilder(connection).Username;
        await PostgresServer.ExecuteAsync(server.ConnectionString, $"create role super_of_{schema} nologin; grant pg_monitor to super_of_{schema} with admin option; grant super_of_{schema} to {admin}");
        await new SchemaMigrator(connection, schema).MigrateAsync();
        var control = new AccessControl(new NpgsqlConnectionStringBuilder(connection), schema);
        for (var round = 0; round < 2; round++)
        {
            var (plan, _) = await control.ApplyAsync(new AccessOptions(), null, default);
            Assert.Empty(plan.ByHand);
            Assert.Contains(plan.Notes, note => note.StartsWith($"{schema}_app is in pg_monitor", StringComparison.Ordinal));
            var matrix = await control.VerifyAsync(new AccessOptions(), [], default);
            Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(10)));
        }
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(schema, connection)));
        // What it is there for.
        Assert.Equal(2, await PostgresServer.AskAsync<long>(server.ConnectionString, $"select count(*) from pg_roles where rolname in ('{schema}_app_a', '{schema}_app_b') and pg_has_role(oid, 'pg_read_all_stats', 'usage')"));
        // In both it is in one too many; who may give less gives less.
        await PostgresServer.ExecuteAsync(server.ConnectionString, $"grant pg_read_all_stats to {schema}_app");
        Assert.Contains((await control.VerifyAsync(new AccessOptions(), [], default)).Wrong, cell => cell.ToString() == $"{schema}_app: memberships: it is a member of pg_monitor");
        await control.ApplyAsync(new AccessOptions(), null, default);
        Assert.True((await control.VerifyAsync(new AccessOptions(), [], default)).IsRight);
        var super = new AccessControl(new NpgsqlConnectionStringBuilder(server.Connection(new NpgsqlConnectionStringBuilder(connection).Database!)), schema);
        Assert.True((await super.VerifyAsync(new AccessOptions(), [], default)).IsRight);
    }

    [Fact]
    public async Task what_is_wrong_is_a_step_by_hand_or_it_is_not()
    {
        var (server, connection, schema) = await AdministratorAsync(PostgresVersion.Newer, "createrole createdb");
        await new SchemaMigrator(connection, schema).MigrateAsync();
        var control = new AccessControl(new NpgsqlConnectionStringBuilder(connection), schema);
        var (plan, _) = await control.ApplyAsync(new AccessOptions(), null, default);
        var matrix = await control.VerifyAsync(new AccessOptions(), [], default);
        Assert.False(matrix.IsRight);
        Assert.True(plan.Explains(matrix));
        await PostgresServer.ExecuteAsync(server.Connection(new NpgsqlConnectionStringBuilder(connection).Database!), $"grant delete on {schema}.users to {schema}_app; grant pg_monitor to {schema}_ro");
        Assert.False(plan.Explains(await control.VerifyAsync(new AccessOptions(), [], default)));
    }

    [Theory]
    [InlineData("grant pg_monitor to m_monitor", "m_monitor", "memberships", "", true)]
    [InlineData("grant pg_monitor to m_monitor", "m_app", "memberships", "", false)]
    [InlineData("revoke x from m_app granted by y", "m_app", "memberships", "", true)]
    [InlineData("alter role m_app nosuperuser", "m_app", "attributes", "", true)]
    [InlineData("alter role m_app_a nosuperuser", "m_app", "attributes", "", false)]
    [InlineData("alter role m_app set search_path = m", "m_app", "settings", "", true)]
    [InlineData("revoke all on database d from public", "m_app", "create temp table", "", true)]
    [InlineData("revoke create on schema public from public", "m_app", "create table", "public", true)]
    [InlineData("revoke create on schema public from public", "m_app", "create table", "m", false)]
    [InlineData("grant pg_monitor to m_app", "m_app", "select", "users", false)]
    public void a_step_explains_what_it_mends(string sql, string role, string operation, string subject, bool explains) =>
        Assert.Equal(explains, new ManualStep(sql, "").Explains(EffectCell.Of(role, operation, subject, false, "")));

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task what_belongs_to_somebody_else_stops_it_before_any_change(PostgresVersion version)
    {
        var (server, connection, schema) = await AdministratorAsync(version, "createrole");
        await new SchemaMigrator(connection, schema).MigrateAsync();
        var super = server.Connection(new NpgsqlConnectionStringBuilder(connection).Database!);
        await PostgresServer.ExecuteAsync(super, $"alter table {schema}.users owner to holdfast");
        var control = new AccessControl(new NpgsqlConnectionStringBuilder(connection), schema);

        var blocked = await Assert.ThrowsAsync<AccessBlockedException>(() => control.ApplyAsync(new AccessOptions(), null, default));
        Assert.Contains($"alter table {schema}.users owner to {schema}_owner", blocked.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await PostgresServer.AskAsync<long>(super, $"select count(*) from pg_roles where rolname like '{schema}\\_%'"));
    }

    [Fact]
    public async Task what_the_administrator_has_made_in_the_schema_itself_becomes_the_owners()
    {
        var (_, connection, schema) = await AdministratorAsync(PostgresVersion.Debian, "createrole");
        await new SchemaMigrator(connection, schema).MigrateAsync();
        await PostgresServer.ExecuteAsync(connection, $"create table {schema}.own (id serial); create view {schema}.own_view with (security_invoker = true) as select * from {schema}.own; create function {schema}.own_one() returns int language sql return 1");
        var control = new AccessControl(new NpgsqlConnectionStringBuilder(connection), schema);
        await control.ApplyAsync(new AccessOptions { TakesOver = true }, null, default);
        var matrix = await control.VerifyAsync(new AccessOptions(), [], default);
        Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(10)));
    }

    [Fact]
    public async Task who_may_create_no_roles_is_told_which_ones_the_console_must_make()
    {
        var (_, connection, schema) = await AdministratorAsync(PostgresVersion.Newer, "nocreaterole");
        await new SchemaMigrator(connection, schema).MigrateAsync();
        var plan = await new AccessControl(new NpgsqlConnectionStringBuilder(connection), schema).PlanAsync(new AccessOptions(), default);
        Assert.Contains(plan.Blocking, step => step.Sql.StartsWith($"create role {schema}_owner nologin", StringComparison.Ordinal));
        Assert.Contains(plan.Blocking, step => step.Sql.StartsWith($"create role {schema}_app_a login", StringComparison.Ordinal));
    }

    [Fact]
    public async Task in_a_database_that_others_use_PUBLIC_keeps_its_rights_unless_it_is_said()
    {
        using var database = await AccessDatabase.CreateAsync();
        await database.ExecuteAsync("create schema shop; create table shop.orders (id int)");
        var plan = await database.Control.PlanAsync(new AccessOptions(), default);
        Assert.DoesNotContain(plan.Statements, statement => statement.Contains("from public", StringComparison.Ordinal) && statement.Contains("database", StringComparison.Ordinal));
        Assert.Contains(plan.Notes, note => note.Contains("shop", StringComparison.Ordinal));
        await database.Control.ApplyAsync(new AccessOptions(), null, default);
        Assert.True((await database.VerifyAsync()).IsRight);
        Assert.Contains(await PlanAsync(database, new AccessOptions(Exclusive: true)), statement => statement.StartsWith("revoke all on database", StringComparison.Ordinal));
    }

    [Fact]
    public async Task a_role_that_uses_the_schema_already_is_not_locked_out()
    {
        using var database = await AccessDatabase.CreateAsync();
        await database.ExecuteAsync("create role {s}_older login in role admins_of_providers; grant usage on schema {s} to {s}_older; grant select on {s}.users to {s}_older");
        await database.Control.ApplyAsync(new AccessOptions(), null, default);
        await PostgresServer.ExecuteAsync(new NpgsqlConnectionStringBuilder(database.Connection) { Username = $"{database.Schema}_older" }.ConnectionString, $"select * from {database.Schema}.users");
    }

    private static async Task<IReadOnlyList<string>> PlanAsync(AccessDatabase database, AccessOptions options) => (await database.Control.PlanAsync(options, default)).Statements;

    /// <summary>Roles belong to a whole server: those of another database's schema are somebody else's.</summary>
    [Fact]
    public async Task the_step_that_is_asked_for_first_is_enough_and_says_what_else_it_opens()
    {
        var (server, connection, schema) = await AdministratorAsync(PostgresVersion.Newer, "createrole createdb");
        using var first = await AccessDatabase.CreateAsync(PostgresVersion.Newer, schema: schema);
        await first.Control.ApplyAsync(new AccessOptions(), null, default);
        Assert.True((await first.VerifyAsync()).IsRight);
        await new SchemaMigrator(connection, schema).MigrateAsync();
        var control = new AccessControl(new NpgsqlConnectionStringBuilder(connection), schema);
        var step = (await control.PlanAsync(new AccessOptions(), default)).Blocking.First();
        Assert.StartsWith($"grant {schema}_owner to ", step.Sql, StringComparison.Ordinal);
        Assert.Contains($"owns what is in {new NpgsqlConnectionStringBuilder(first.Connection).Database}", step.Why, StringComparison.Ordinal);
        await PostgresServer.ExecuteAsync(server.ConnectionString, step.Sql);
        Assert.Empty((await control.PlanAsync(new AccessOptions(), default)).Blocking);
        await control.ApplyAsync(new AccessOptions(), null, default);
        // Who may create roles is no administrator of roles that somebody else has made.
        Assert.Contains((await first.VerifyAsync()).Wrong, cell => cell.ToString() == $"{schema}_owner: members: {new NpgsqlConnectionStringBuilder(connection).Username} is a member of it and may do whatever it may");
    }

    private static async Task<(PostgresServer Server, string Connection, string Schema)> AdministratorAsync(PostgresVersion version, string rights)
    {
        var server = await AccessServers.StartedAsync(version);
        var name = string.Create(CultureInfo.InvariantCulture, $"provider{Interlocked.Increment(ref _count)}");
        await PostgresServer.ExecuteAsync(server.ConnectionString, $"create role {name}_admin login {rights} in role admins_of_providers");
        var connection = await server.CreateDatabaseAsync(name);
        await PostgresServer.ExecuteAsync(server.ConnectionString, $"alter database {name} owner to {name}_admin");
        return (server, new NpgsqlConnectionStringBuilder(connection) { Username = $"{name}_admin" }.ConnectionString, name + "m");
    }
}
