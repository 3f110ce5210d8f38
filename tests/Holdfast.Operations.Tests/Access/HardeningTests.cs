using Holdfast.Operations.Access;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Sessions;
using Holdfast.Rows;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>The defects of the script that hardened databases before: each by its effect.</summary>
public sealed class HardeningTests
{
    [Fact]
    public async Task an_error_within_ends_with_an_error_and_leaves_everything_as_it_was()
    {
        using var database = await AccessDatabase.CreateAsync();
        // A view where a table should be: one statement in the middle fails.
        await database.ExecuteAsync("alter table {s}.users rename to users_table; create view {s}.users as select * from {s}.users_table");
        var error = await Assert.ThrowsAsync<SchemaException>(() => database.Control.ApplyAsync(new AccessOptions { TakesOver = true }, database.Secrets, default));
        Assert.Contains("rolled back", error.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from pg_roles where rolname like '{s}\\_%'"));
        Assert.False(File.Exists(database.Secrets.Path));
        Assert.False((await database.VerifyAsync()).IsRight);
    }

    [Fact]
    public async Task nobody_creates_in_public_also_where_an_older_server_let_everybody()
    {
        using var database = await AccessDatabase.CreateAsync();
        await database.ExecuteAsync("grant create on schema public to public");
        await database.Control.ApplyAsync(new AccessOptions(), database.Secrets, default);
        foreach (var role in new[] { "app_a", "app_b", "migrator" }) await database.RefusedAsync(role, "create table public.mine (id int)");
    }

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task a_table_of_a_later_migration_has_its_grants_from_its_first_moment(PostgresVersion version)
    {
        using var database = await AccessDatabase.AppliedAsync(version);
        await using var connection = new NpgsqlConnection(await database.LogInAsync("migrator") + ";Pooling=false");
        await connection.OpenAsync();
        var alone = await Assert.ThrowsAsync<PostgresException>(() => new NpgsqlCommand($"create table {database.Schema}.later (id text)", connection).ExecuteNonQueryAsync());
        Assert.Equal("42501", alone.SqlState);
        Assert.Equal($"{database.Schema}_owner", await OwnerRole.AssumeAsync(connection, database.Schema, default));
        await new NpgsqlCommand($"create table {database.Schema}.later (id text)", connection).ExecuteNonQueryAsync();

        await database.ExecuteAsAsync("app_a", "insert into {s}.later values ('a'); update {s}.later set id = 'b'");
        await database.ExecuteAsAsync("ro", "select * from {s}.later");
        await database.RefusedAsync("app_a", "delete from {s}.later");
        await database.RefusedAsync("monitor", "select * from {s}.later");
        Assert.True((await database.VerifyAsync()).IsRight);
    }

    [Fact]
    public async Task the_migrator_makes_a_whole_schema_that_the_app_can_use()
    {
        using var database = await AccessDatabase.CreateAsync(migrated: false);
        await database.Control.ApplyAsync(new AccessOptions(), database.Secrets, default);
        await using (var connection = new NpgsqlConnection(await database.LogInAsync("migrator") + ";Pooling=false"))
        {
            await connection.OpenAsync();
            await OwnerRole.AssumeAsync(connection, database.Schema, default);
            foreach (var migration in Holdfast.Stores.Migrations.Migration.Shipped("Postgres"))
                await new NpgsqlCommand(migration.Sql.Replace("{schema}", database.Schema, StringComparison.Ordinal), connection).ExecuteNonQueryAsync();
        }
        await database.ExecuteAsAsync("app_a", "insert into {s}.canary values ('a', gen_random_uuid(), now())");
        // The guard is what migrations do not bring, and it is missed.
        Assert.Contains((await database.VerifyAsync()).Wrong, cell => cell.Operation == "guard");
        await database.Control.ApplyAsync(new AccessOptions(), null, default);
        var matrix = await database.VerifyAsync();
        Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(10)));
    }

    [Fact]
    public async Task no_merged_table_loses_a_row_by_DELETE_or_TRUNCATE_whoever_asks()
    {
        using var database = await AccessDatabase.AppliedAsync();
        Assert.Contains(Tables.QuotaUsage, DeleteGuard.Guarded);
        foreach (var table in DeleteGuard.Guarded)
        {
            await database.ExecuteAsync(Operations.Access.Effects.SampleRow.Insert(database.Schema, table, "t"));
            foreach (var sql in new[] { $"delete from {{s}}.{table.Name}", $"truncate {{s}}.{table.Name}", $"truncate {{s}}.{table.Name} cascade" })
            {
                var error = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(sql));
                Assert.Equal(("42501", DeleteGuard.Mark), (error.SqlState, error.ConstraintName));
                await database.RefusedAsync("app_a", sql);
            }
            Assert.Equal(1L, await database.ScalarAsync<long>($"select count(*) from {{s}}.{table.Name}"));
        }
        // What the library empties itself stays possible, and the end of everything too.
        await database.ExecuteAsAsync("app_a", "delete from {s}.erasure_sweeps; delete from {s}.relay_rejects");
        await database.ExecuteAsync("drop schema {s} cascade");
    }

    [Fact]
    public async Task the_same_objects_come_out_in_a_scratch_schema_of_the_same_roles()
    {
        using var database = await AccessDatabase.AppliedAsync(rowSecurity: true);
        await new SchemaMigrator(database.Connection, database.Schema + "_scratch").MigrateAsync();
        foreach (var statement in AccessScript.SchemaStatements(database.Schema + "_scratch", database.Schema, new AccessOptions(RowSecurity: true))) await database.ExecuteAsync(statement.Sql);
        const string Objects = """
            select md5(string_agg(t, ';' order by t)) from (
              select relname || coalesce(relacl::text, '') || relowner || relrowsecurity || relforcerowsecurity as t from pg_class c where relkind = 'r' and relnamespace = '@'::regnamespace
              union all select proname || coalesce(proacl::text, '') || proowner || coalesce(proconfig::text, '') from pg_proc where pronamespace = '@'::regnamespace
              union all select relname || tgname || tgenabled::text from pg_trigger t join pg_class c on c.oid = tgrelid where relnamespace = '@'::regnamespace
              union all select relname || polname || polroles::text || pg_get_expr(polqual, polrelid) from pg_policy p join pg_class c on c.oid = polrelid where relnamespace = '@'::regnamespace
              union all select coalesce(nspacl::text, '') from pg_namespace where oid = '@'::regnamespace) x
            """;
        Assert.Equal(await database.ScalarAsync<string>(Objects.Replace("@", "{s}", StringComparison.Ordinal)), await database.ScalarAsync<string>(Objects.Replace("@", "{s}_scratch", StringComparison.Ordinal)));
    }
}
