using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;
using Holdfast.Stores.Queries;
using Holdfast.TestServers;
using Holdfast.Tests.Stores;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Tenancy;

/// <summary>One tenant never sees another's rows (DESIGN §8.6): tried through the library and by SQL, as the role of the application.</summary>
public sealed class TenantIsolationTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Theory]
    [InlineData(Place.RowSecurity)]
    [InlineData(Place.RowSecurityPooled)]
    public async Task a_tenant_sees_nothing_of_another_through_the_library(Place place)
    {
        var (mine, theirs) = (new TestRows(TestPlaces.Unique("mine")), new TestRows(TestPlaces.Unique("theirs")));
        await using var store = await TestPlaces.OpenPostgresAsync(place, await TestPlaces.SchemaAsync(place));
        var secret = theirs.Message("theirs alone");
        await store.MergeAsync([secret, theirs.Revision("key", "1")], Never);

        // The parameter says one tenant, the question asks for all: the server's policy answers, not the query's condition.
        var everything = new Statement("select content from {session_memories} where tenant_id = $1 or true");
        Assert.Empty(await store.QueryAsync(everything, [mine.TenantId], row => row.TextOrNull(0), Never).ToListAsync());
        Assert.Equal(0, await store.ExecuteAsync(new Statement("update {session_memories} set content = null where tenant_id = $1 or true"), [mine.TenantId], Never));
        Assert.Single(await store.QueryAsync(everything, [theirs.TenantId], row => row.TextOrNull(0), Never).Where(text => text!.Contains("theirs alone", StringComparison.Ordinal)).ToListAsync());
        Assert.Null(await RegisterQueries.ReadAsync(store, Tables.Settings, mine.TenantId, "key", Never));
        Assert.NotNull(await RegisterQueries.ReadAsync(store, Tables.Settings, theirs.TenantId, "key", Never));
    }

    [Fact]
    public async Task a_tenant_sees_and_changes_nothing_of_another_by_sql()
    {
        var schema = await TestPlaces.SchemaAsync(Place.RowSecurity);
        var theirs = new TestRows(TestPlaces.Unique("theirs"));
        await using var store = await TestPlaces.OpenPostgresAsync(Place.RowSecurity, schema);
        await store.MergeAsync([theirs.Message("theirs alone")], Never);
        await using var source = NpgsqlDataSource.Create(await TestServer.ConnectionAsync(Place.RowSecurity));
        foreach (var setting in (string?[])[null, "", "somebody else", "%", "' or true --"])
        {
            await using var connection = await source.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            if (setting is not null) await RunAsync(connection, "select set_config('holdfast.tenant', $1, true)", setting);
            Assert.Equal(0L, await RunAsync(connection, $"select count(*) from {schema}.session_memories"));
            Assert.Equal(0L, await RunAsync(connection, $"with gone as (delete from {schema}.session_memories returning 1) select count(*) from gone"));
            var refused = await Assert.ThrowsAsync<PostgresException>(() => RunAsync(connection,
                $"insert into {schema}.session_memories (tenant_id, id, stamp, occurred_at, memory_type) values ($1, gen_random_uuid(), gen_random_uuid(), now(), 'log')", theirs.TenantId));
            Assert.Equal("42501", refused.SqlState);
        }
    }

    [Fact]
    public async Task one_memory_sees_nothing_of_anothers_and_the_applications_own_sql_is_held_to_its_tenant_too()
    {
        var (mine, theirs) = (await TestPlaces.OptionsAsync(Place.RowSecurity), await TestPlaces.OptionsAsync(Place.RowSecurity));
        await using (var memory = await AgentMemory.OpenAsync(theirs))
            await (await memory.OpenSessionAsync("shared name", "maria")).AppendUserAsync("the lighthouse is at Skagen");
        await using var other = await AgentMemory.OpenAsync(mine);
        Assert.Null(await other.ResumeSessionAsync("shared name"));
        await using var store = await TestPlaces.OpenPostgresAsync(Place.RowSecurity, mine.Schema);
        Assert.Empty(await RunAsTenantAsync(mine));
        Assert.NotEmpty(await RunAsTenantAsync(theirs));

        static async Task<List<string>> RunAsTenantAsync(HoldfastOptions options)
        {
            await using var owned = await PostgresConnector.ConnectAsync(options.Connection!, options.Schema, TimeProvider.System, null, Never, new StoreOwner(options.TenantId, "X"));
            return await owned.RunAsync($"select id::text from {options.Schema}.session_memories", [], row => row.GetString(0), Never);
        }
    }

    [Fact]
    public async Task twenty_four_tenants_on_four_pooled_connections_get_their_own_rows_only()
    {
        var schema = await TestPlaces.SchemaAsync(Place.RowSecurityPooled);
        await Task.WhenAll(Enumerable.Range(0, 24).Select(async client =>
        {
            var rows = new TestRows(TestPlaces.Unique("tenant"));
            await using var store = await TestPlaces.OpenPostgresAsync(Place.RowSecurityPooled, schema);
            Assert.True(store is { IsByTenant: true, Identity.IsPooled: true });
            for (var round = 1; round <= 20; round++)
            {
                await store.MergeAsync(round % 2 == 0 ? [rows.Message($"{client} {round}")] : [rows.Message($"{client} {round}"), rows.Revision("key", $"{round}")], Never);
                var seen = await store.QueryAsync(new Statement("select tenant_id from {session_memories} where tenant_id = $1 or true"), [rows.TenantId], row => row.Text(0), Never).ToListAsync();
                Assert.Equal(Enumerable.Repeat(rows.TenantId, round), seen);
            }
        }));
    }

    [Fact]
    public async Task a_table_without_a_policy_is_not_taken_for_an_empty_one()
    {
        var schema = await TestPlaces.NewSchemaAsync(Place.RowSecurity);
        await TestPlaces.RunAsync(Place.Postgres, $"drop policy of_tenant on {schema}.token_usage");
        var error = await Assert.ThrowsAsync<SchemaException>(() => TestPlaces.OpenPostgresAsync(Place.RowSecurity, schema));
        Assert.Contains($"{schema}.token_usage", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task owners_and_the_relays_role_are_not_held_to_a_tenant_and_a_restrictive_policy_holds_them()
    {
        var schema = await TestPlaces.NewSchemaAsync(Place.RowSecurity);
        async Task<bool> IsByTenantAsync(string connection)
        {
            await using var store = await PostgresConnector.ConnectAsync(connection, schema, TimeProvider.System, null, Never);
            return store.IsByTenant;
        }

        var owner = await TestServer.ConnectionAsync(Place.Postgres);
        Assert.False(await IsByTenantAsync(owner));
        Assert.False(await IsByTenantAsync(TenantRoles.As(owner, TenantRoles.Relay)));
        Assert.True(await IsByTenantAsync(TenantRoles.As(owner, TenantRoles.App)));
        await PostgresServer.ExecuteAsync(owner, $"create policy but_not on {schema}.commands as restrictive to {TenantRoles.Relay} using (tenant_id <> 'x')");
        Assert.True(await IsByTenantAsync(TenantRoles.As(owner, TenantRoles.Relay)));
    }

    private static async Task<object?> RunAsync(NpgsqlConnection connection, string sql, params object[] parameters)
    {
        await using var savepoint = new NpgsqlCommand("savepoint here", connection);
        await savepoint.ExecuteNonQueryAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters) command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        try
        {
            return await command.ExecuteScalarAsync();
        }
        catch (PostgresException)
        {
            await using var back = new NpgsqlCommand("rollback to here", connection);
            await back.ExecuteNonQueryAsync();
            throw;
        }
    }
}
