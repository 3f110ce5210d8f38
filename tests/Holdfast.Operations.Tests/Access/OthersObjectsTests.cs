using Holdfast.Operations.Access;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>A schema that another application uses too: nothing of it changes hands unsaid.</summary>
public sealed class OthersObjectsTests
{
    [Fact]
    public async Task tables_of_another_application_in_the_schema_are_given_away_by_an_explicit_word_only()
    {
        using var database = await AccessDatabase.CreateAsync();
        var shop = database.Schema + "_shop";
        await database.ExecuteAsync($"""
            create role {shop} login; do $$ begin execute format('alter database %I owner to {shop}', current_database()); end $$;
            create table {"{s}"}.orders (id int); alter table {"{s}"}.orders owner to {shop}; create table {"{s}"}.visits (id int); grant insert on {"{s}"}.visits to public
            """);
        var blocked = await Assert.ThrowsAsync<AccessBlockedException>(() => database.Control.ApplyAsync(new AccessOptions(), null, default));
        Assert.All((string[])["table {s}.orders", "table {s}.visits", "--take-over", "HOLDFAST_SCHEMA"], text => Assert.Contains(text.Replace("{s}", database.Schema, StringComparison.Ordinal), blocked.Message, StringComparison.Ordinal));
        Assert.Contains(blocked.Plan.Notes, note => note.Contains("shared (orders, visits in the schema itself)", StringComparison.Ordinal));
        Assert.Equal(shop, await database.ScalarAsync<string>("select pg_get_userbyid(relowner)::text from pg_class where oid = '{s}.orders'::regclass"));

        var (plan, _) = await database.Control.ApplyAsync(new AccessOptions { TakesOver = true }, null, default);
        Assert.Equal([$"table {database.Schema}.orders of {shop}", $"table {database.Schema}.visits of holdfast"], plan.TakenOver);
        Assert.Contains(plan.Notes, note => note.Contains($"table {database.Schema}.orders of {shop}", StringComparison.Ordinal));
        // Not Holdfast's alone, now and later.
        Assert.True(await database.ScalarAsync<bool>("select has_database_privilege('public', current_database(), 'connect')"));
        Assert.True((await database.VerifyAsync()).IsRight);

        // Access was applied here: what an administrator makes in it is meant for it; what the database's owner makes is not.
        await database.ExecuteAsync("create table {s}.notes (id int)");
        Assert.Equal([$"table {database.Schema}.notes of holdfast"], (await database.Control.ApplyAsync(new AccessOptions(), null, default)).Plan.TakenOver);
        await database.ExecuteAsync($"create table {{s}}.bills (id int); alter table {{s}}.bills owner to {shop}");
        Assert.Contains("bills", (await Assert.ThrowsAsync<AccessBlockedException>(() => database.Control.ApplyAsync(new AccessOptions(), null, default))).Message, StringComparison.Ordinal);
        Assert.True(await database.ScalarAsync<bool>("select has_database_privilege('public', current_database(), 'connect')"));
    }

    /// <summary>An exact match of argument types goes before PostgreSQL's own function, wherever it stands in the path.</summary>
    [Fact]
    public async Task functions_in_public_under_PostgreSQLs_names_are_not_run_with_the_administrators_rights()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await database.ExecuteAsync("""
            create function public.quote_ident(a name) returns text language plpgsql as $$ begin raise exception 'somebody''s'; end $$;
            create function public.array_remove(a text[], b text) returns text[] language plpgsql as $$ begin raise exception 'somebody''s'; end $$;
            create function public.unnest(a text[]) returns setof text language plpgsql as $$ begin raise exception 'somebody''s'; end $$
            """);
        await database.Control.PlanAsync(new AccessOptions(), default);
        await database.Control.ApplyAsync(new AccessOptions(), null, default);
        Assert.True((await database.VerifyAsync()).IsRight);
    }

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task every_name_that_is_taken_as_a_schemas_needs_no_quotes(PostgresVersion version)
    {
        var server = await AccessServers.StartedAsync(version);
        foreach (var name in new[] { "pg_catalog", "pg_x", "information_schema", "select", "user", "Memory" })
            Assert.Throws<InvalidInputException>(() => new AccessControl(new NpgsqlConnectionStringBuilder(server.ConnectionString), name));
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        await using var command = source.CreateCommand("select array(select word from pg_get_keywords() where catcode in ('R', 'T') order by 1), array(select word from pg_get_keywords() where catcode not in ('R', 'T') order by 1)");
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        Assert.All(reader.GetFieldValue<string[]>(0), word => Assert.Throws<InvalidInputException>(() => Holdfast.Stores.Postgres.SchemaName.Check(word)));
        // system_user came with 16: a name that one version refuses is refused on all.
        var taken = reader.GetFieldValue<string[]>(1).Where(word => word != "system_user").Select(Holdfast.Stores.Postgres.SchemaName.Check).ToList();
        await PostgresServer.ExecuteAsync(server.ConnectionString, $"begin; {string.Join(' ', taken.Select(word => $"create schema {word}; create table {word}.t (a int); create function {word}.f() returns int language sql return 1; do $$ begin perform {word}.f() from {word}.t; update {word}.t set a = 1; end $$;"))} rollback");
    }
}
