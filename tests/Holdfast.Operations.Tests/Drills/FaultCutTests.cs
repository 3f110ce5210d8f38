using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Drills;

/// <summary>A connection that is lost in the moment of a commit: the client sees the same error whether its rows are there or not.</summary>
public class FaultCutTests
{
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task a_lone_insert_is_cut_and_its_row_is_there_only_if_it_reached_the_server(bool reachesServer, int rows)
    {
        await using var test = await ProxyTest.StartAsync();
        await using var client = await test.OpenAsync();
        var cut = test.Proxy.CutNext("insert into t", reachesServer);
        Assert.Equal(1, await ProxyTest.ScalarAsync<int>(client, "select 1"));
        await using var command = new NpgsqlCommand("INSERT INTO t VALUES ($1)", client) { Parameters = { new() { Value = 1 } } };
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => command.ExecuteNonQueryAsync());
        await cut;
        Assert.Equal(rows, await test.RowsAsync());
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task a_transaction_is_cut_at_its_commit(bool reachesServer, int rows)
    {
        await using var test = await ProxyTest.StartAsync();
        await using var client = await test.OpenAsync();
        var cut = test.Proxy.CutNext("commit", reachesServer);
        await using var transaction = await client.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("insert into t values (1)", client)) await command.ExecuteNonQueryAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => transaction.CommitAsync());
        await cut;
        Assert.Equal(rows, await test.RowsAsync());
    }

    [Fact]
    public async Task a_statement_that_was_prepared_before_is_known_by_its_text()
    {
        await using var test = await ProxyTest.StartAsync();
        await using var client = await test.OpenAsync();
        await using var command = new NpgsqlCommand("insert into t values ($1)", client) { Parameters = { new() { Value = 1 } } };
        await command.PrepareAsync();
        await command.ExecuteNonQueryAsync();
        var cut = test.Proxy.CutNext("insert into t");
        command.Parameters[0].Value = 2;
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => command.ExecuteNonQueryAsync());
        await cut;
        Assert.Equal(2, await test.RowsAsync());
    }

    [Fact]
    public async Task without_a_text_the_next_request_is_cut_and_only_that_one_and_fragments_do_not_hide_it()
    {
        await using var test = await ProxyTest.StartAsync();
        await using var first = await test.OpenAsync();
        await using var second = await test.OpenAsync();
        test.Proxy.Set(Operations.Drills.FaultMode.SlowBytes);
        var cut = test.Proxy.CutNext();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ProxyTest.ScalarAsync<int>(first, "select 1"));
        await cut;
        Assert.Equal(1, await ProxyTest.ScalarAsync<int>(second, "select 1"));
    }

    [Fact]
    public async Task a_server_that_dies_before_its_answer_does_not_hang_the_cut()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var test = await ProxyTest.StartAsync(server);
        await using var client = await test.OpenAsync();
        var cut = test.Proxy.CutNext("pg_sleep");
        var waiting = ProxyTest.ScalarAsync<int>(client, "select 1 from pg_sleep(600)");
        await Wait.UntilAsync(async () => await PostgresServer.AskAsync<long>(test.Direct + ";Pooling=false", "select count(*) from pg_stat_activity where state = 'active' and query like '%sleep(600)%' and pid <> pg_backend_pid()") == 1, "it sleeps");
        await server.KillAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => waiting);
        await cut;
    }

    [Fact]
    public async Task a_cut_that_never_happened_is_cancelled_by_the_next_and_by_disposal()
    {
        var test = await ProxyTest.StartAsync();
        var (first, second) = (test.Proxy.CutNext("never"), test.Proxy.CutNext("never"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(second.IsCompleted);
        await test.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
    }
}
