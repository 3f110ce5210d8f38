using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Erasure;

/// <summary>A user is forgotten by every store: by those that answer at once, by the others when they return.</summary>
public sealed class ForgettingTests(ForgettingServers servers) : IClassFixture<ForgettingServers>, IAsyncLifetime
{
    private readonly HoldfastOptions _options = servers.Options();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await servers.HealAsync();

    [Fact]
    public async Task a_user_is_forgotten_by_every_provider_and_the_local_file()
    {
        await servers.FillAsync(_options);
        await using var memory = await AgentMemory.OpenAsync(_options);
        var receipt = await memory.ForgetUserAsync("maria");
        Assert.Equal(["neon", "supabase", "railway", "local"], receipt.Stores.Select(store => store.Store));
        Assert.All(receipt.Stores, store => Assert.Equal((ForgetState.Emptied, null), (store.State, store.Reason)));
        Assert.True(receipt.IsComplete);
        // A title is a revision and its register: five messages and these two.
        Assert.All(receipt.Stores, store => Assert.Equal(7, store.Rows));
        for (var i = 0; i < 3; i++) Assert.Equal(0, await servers.WithContentAsync(i, _options.TenantId));
        Assert.Equal(0, ForgettingServers.LocalWithContent(_options));
        Assert.Equal(("maria", null), (receipt.UserId, receipt.SessionId));

        var session = await memory.OpenSessionAsync("new life", "maria");
        Assert.False((await session.AppendUserAsync("hello again")).Erased);
    }

    [Fact]
    public async Task a_provider_that_was_down_is_said_to_wait_and_forgets_when_it_returns()
    {
        await servers.FillAsync(_options);
        await using var memory = await AgentMemory.OpenAsync(_options);
        await servers.Servers[0].KillAsync();
        var receipt = await memory.ForgetUserAsync("maria");
        Assert.Equal(ForgetState.Waiting, receipt.Stores[0].State);
        Assert.NotNull(receipt.Stores[0].Reason);
        Assert.Null(receipt.Stores[0].Rows);
        Assert.All(receipt.Stores.Skip(1), store => Assert.Equal(ForgetState.Emptied, store.State));
        Assert.False(receipt.IsComplete);
        await servers.Servers[0].StartAgainAsync();
        await servers.EmptyAsync(0, _options.TenantId);
    }

    [Fact]
    public async Task a_provider_that_was_down_forgets_although_the_process_that_forgot_is_gone()
    {
        await servers.FillAsync(_options);
        await servers.Servers[1].KillAsync();
        await using (var memory = await AgentMemory.OpenAsync(_options))
            Assert.Equal(ForgetState.Waiting, (await memory.ForgetUserAsync("maria")).Stores[1].State);
        // Another machine, which knows nothing of it: its local file is its own.
        await using var other = await AgentMemory.OpenAsync(servers.Options(_options.TenantId));
        await servers.Servers[1].StartAgainAsync();
        Assert.NotEqual(0, await servers.WithContentAsync(1, _options.TenantId));
        await servers.EmptyAsync(1, _options.TenantId);
    }

    [Fact]
    public async Task a_provider_that_was_put_back_to_an_old_state_forgets_again_before_it_is_read()
    {
        await servers.FillAsync(_options);
        await servers.Servers[0].SaveDataAsync();
        await using (var memory = await AgentMemory.OpenAsync(_options))
        {
            await Wait.UntilAsync(async () => (await memory.ForgetUserAsync("maria")).IsComplete, "all have forgotten");
        }
        await servers.Servers[0].RestoreDataAsync();
        Assert.NotEqual(0, await servers.WithContentAsync(0, _options.TenantId));
        await using var other = await AgentMemory.OpenAsync(servers.Options(_options.TenantId));
        // Not some time after: as soon as the memory is open.
        Assert.Equal(0, await servers.WithContentAsync(0, _options.TenantId));
        Assert.Empty(await other.ListSessionsAsync("maria").ToListAsync());
    }

    [Fact]
    public async Task a_row_that_another_process_had_spooled_before_arrives_empty()
    {
        await servers.FillAsync(_options);
        var away = servers.Options(_options.TenantId);
        foreach (var server in servers.Servers) await server.KillAsync();
        await using (var memory = await AgentMemory.OpenAsync(away))
        {
            var session = await memory.OpenSessionAsync("late", "maria");
            Assert.Equal(WriteConcern.Local, (await session.AppendUserAsync("a late secret")).Reached);
        }
        Assert.NotEqual(0, ForgettingServers.LocalWithContent(away));
        await servers.HealAsync();
        await using (var memory = await AgentMemory.OpenAsync(_options))
            await Wait.UntilAsync(async () => (await memory.ForgetUserAsync("maria")).IsComplete, "all have forgotten");
        await using var again = await AgentMemory.OpenAsync(away);
        for (var i = 0; i < 3; i++)
        {
            var server = i;
            await Wait.UntilAsync(async () => await CountAsync(server, "session_id = 'late'") == 1, $"server {i} has the late row");
            Assert.Equal(0, await servers.WithContentAsync(i, _options.TenantId));
        }
        Assert.Equal(0, ForgettingServers.LocalWithContent(away));
    }

    [Fact]
    public async Task a_store_whose_older_transactions_still_write_is_said_to_run_and_is_swept_by_itself_when_they_have_ended()
    {
        await servers.FillAsync(_options);
        await using var memory = await AgentMemory.OpenAsync(_options);
        await using (var connection = new NpgsqlConnection(servers.Servers[2].ConnectionString))
        {
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            // It has looked for erasures before there was one, and writes what it holds.
            await using (var insert = new NpgsqlCommand($"insert into holdfast.session_memories (tenant_id, id, stamp, user_id, session_id, occurred_at, memory_type, content) select tenant_id, gen_random_uuid(), stamp, user_id, session_id, occurred_at, memory_type, '\"older\"' from holdfast.session_memories where tenant_id = '{_options.TenantId}' limit 1", connection, transaction))
                Assert.Equal(1, await insert.ExecuteNonQueryAsync());
            var receipt = await memory.ForgetUserAsync("maria");
            Assert.Equal((ForgetState.Running, false), (receipt.Stores[2].State, receipt.IsComplete));
            Assert.NotNull(receipt.Stores[2].Reason);
            Assert.All(receipt.Stores.Where(store => store.Store != "railway"), store => Assert.Equal(ForgetState.Emptied, store.State));
            await transaction.CommitAsync();
        }
        await servers.EmptyAsync(2, _options.TenantId);
    }

    private async Task<long> CountAsync(int server, string where)
    {
        await using var source = NpgsqlDataSource.Create(servers.Servers[server].ConnectionString + ";Pooling=false");
        await using var command = source.CreateCommand($"select count(*) from holdfast.session_memories where tenant_id = '{_options.TenantId}' and {where}");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
