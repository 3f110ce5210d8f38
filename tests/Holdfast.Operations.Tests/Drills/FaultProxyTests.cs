using System.Diagnostics;
using System.Net.Sockets;
using Holdfast.Operations.Drills;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Drills;

/// <summary>What a client of a real server sees of each fault.</summary>
public class FaultProxyTests
{
    [Fact]
    public async Task a_client_gets_its_servers_answers_large_ones_too()
    {
        await using var test = await ProxyTest.StartAsync();
        await using var client = await test.OpenAsync();
        var text = await ProxyTest.ScalarAsync<string>(client, "select repeat('x', 3000000)");
        Assert.Equal(3_000_000, text.Length);
        Assert.True(test.Proxy.BytesDown > 3_000_000 && test.Proxy.BytesUp > 0);
        await client.CloseAsync();
        await Wait.UntilAsync(() => test.Proxy.ConnectionCount == 0, "the end is passed on");
        Assert.Equal(1, test.Proxy.AcceptedCount);
    }

    [Fact]
    public async Task refused_clients_get_connection_refused_and_those_that_are_in_stay()
    {
        await using var test = await ProxyTest.StartAsync();
        await using var client = await test.OpenAsync();
        test.Proxy.Set(FaultMode.Refuse);
        Assert.Equal(SocketError.ConnectionRefused, (await RefusedAsync(test)).SocketErrorCode);
        Assert.Equal(1, await ProxyTest.ScalarAsync<int>(client, "select 1"));
        test.Proxy.Set(FaultMode.Pass);
        await using var again = await test.OpenAsync();
        Assert.Equal(2, await ProxyTest.ScalarAsync<int>(again, "select 2"));
    }

    [Fact]
    public async Task a_reset_ends_a_waiting_client_at_once_and_refuses_new_ones()
    {
        await using var test = await ProxyTest.StartAsync();
        await using var client = await test.OpenAsync();
        var waiting = ProxyTest.ScalarAsync<int>(client, "select 1 from pg_sleep(600)");
        test.Proxy.Set(FaultMode.Reset);
        Assert.Equal(SocketError.ConnectionReset, SocketErrorOf(await Assert.ThrowsAnyAsync<NpgsqlException>(() => waiting)));
        Assert.Equal(SocketError.ConnectionRefused, (await RefusedAsync(test)).SocketErrorCode);
        test.Proxy.Set(FaultMode.Pass);
        await using var again = await test.OpenAsync();
    }

    [Fact]
    public async Task a_balancer_without_a_server_accepts_and_resets()
    {
        await using var test = await ProxyTest.StartAsync();
        await using var client = await test.OpenAsync();
        test.Proxy.Set(FaultMode.AcceptAndReset);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ProxyTest.ScalarAsync<int>(client, "select 1"));
        Assert.NotEqual(SocketError.ConnectionRefused, SocketErrorOf(await Assert.ThrowsAnyAsync<NpgsqlException>(() => test.OpenAsync())));
        Assert.True(test.Proxy.AcceptedCount >= 2);
    }

    [Fact]
    public async Task a_blackhole_connects_and_answers_nothing_and_what_was_sent_arrives_afterwards()
    {
        await using var test = await ProxyTest.StartAsync();
        await using var client = await test.OpenAsync();
        test.Proxy.Set(FaultMode.Blackhole);
        var (written, opened) = (ExecuteAsync(client, "insert into t values (1)"), test.OpenAsync());
        await Wait.UntilAsync(() => test.Proxy.AcceptedCount == 2, "it accepts");
        Assert.Equal(0, await test.RowsAsync());
        Assert.False(written.IsCompleted || opened.IsCompleted);
        test.Proxy.Set(FaultMode.Pass);
        await written;
        await using var late = await opened;
        Assert.Equal(1, await test.RowsAsync());
    }

    [Fact]
    public async Task a_client_in_a_blackhole_does_not_hear_that_its_server_was_killed_until_it_is_over()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var test = await ProxyTest.StartAsync(server);
        await using var client = await test.OpenAsync();
        test.Proxy.Set(FaultMode.Blackhole);
        var waiting = ProxyTest.ScalarAsync<int>(client, "select 1");
        await server.KillAsync();
        Assert.False(waiting.IsCompleted);
        test.Proxy.Set(FaultMode.Pass);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => waiting);
    }

    [Fact]
    public async Task one_way_up_the_server_does_the_work_and_the_client_never_hears_of_it()
    {
        await using var test = await ProxyTest.StartAsync();
        await using var client = await test.OpenAsync();
        test.Proxy.Set(FaultMode.OneWayUp);
        var written = ExecuteAsync(client, "insert into t values (1)");
        await Wait.UntilAsync(async () => await test.RowsAsync() == 1, "the row is there");
        Assert.False(written.IsCompleted);
        test.Proxy.Set(FaultMode.Pass);
        await written;
    }

    [Fact]
    public async Task one_way_down_requests_are_held_and_the_servers_words_arrive()
    {
        await using var test = await ProxyTest.StartAsync();
        await using var client = await test.OpenAsync();
        var heard = new TaskCompletionSource<string>();
        client.Notice += (_, notice) => heard.TrySetResult(notice.Notice.MessageText);
        var before = test.Proxy.BytesUp;
        var slow = ExecuteAsync(client, "do $$ begin perform pg_advisory_lock(1); perform pg_advisory_unlock(1); raise notice 'done'; end $$");
        await Wait.UntilAsync(() => test.Proxy.BytesUp > before, "the request is out");
        test.Proxy.Set(FaultMode.OneWayDown);
        Assert.Equal("done", await heard.Task);
        await slow;
        var written = ExecuteAsync(client, "insert into t values (1)");
        Assert.Equal(0, await test.RowsAsync());
        Assert.False(written.IsCompleted);
        test.Proxy.Set(FaultMode.Pass);
        await written;
        Assert.Equal(1, await test.RowsAsync());
    }

    [Fact]
    public async Task delays_hold_up_each_way_on_its_own()
    {
        await using var test = await ProxyTest.StartAsync();
        await using var client = await test.OpenAsync();
        // A timer may ring a little early, and a machine may be slow: what is asked lies well between the steps.
        test.Proxy.DelayUp = TimeSpan.FromMilliseconds(200);
        Assert.InRange(await RoundTripAsync(client), 180, 5_000);
        test.Proxy.DelayDown = TimeSpan.FromMilliseconds(200);
        Assert.InRange(await RoundTripAsync(client), 380, 5_000);
        (test.Proxy.DelayUp, test.Proxy.DelayDown) = (TimeSpan.Zero, TimeSpan.Zero);
        await Wait.UntilAsync(async () => await RoundTripAsync(client) < 180, "nothing is held up any more");
    }

    [Fact]
    public async Task a_half_open_client_does_not_hear_that_its_server_has_gone()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var test = await ProxyTest.StartAsync(server);
        await using var client = await test.OpenAsync();
        test.Proxy.Set(FaultMode.HalfOpen);
        Assert.Equal(1, await ProxyTest.ScalarAsync<int>(client, "select 1"));
        await server.KillAsync();
        var (waiting, opened) = (ProxyTest.ScalarAsync<int>(client, "select 2"), test.OpenAsync());
        await Wait.UntilAsync(() => test.Proxy.AcceptedCount == 2, "it accepts");
        Assert.False(waiting.IsCompleted || opened.IsCompleted);
        test.Proxy.Set(FaultMode.Pass);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => waiting);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => opened);
    }

    [Fact]
    public async Task a_dead_server_is_heard_of_when_the_proxy_passes()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var test = await ProxyTest.StartAsync(server);
        await using var client = await test.OpenAsync();
        var waiting = ProxyTest.ScalarAsync<int>(client, "select 1 from pg_sleep(600)");
        await server.KillAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => waiting);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => test.OpenAsync());
    }

    [Fact]
    public async Task fragments_of_one_byte_arrive_in_order()
    {
        await using var test = await ProxyTest.StartAsync();
        test.Proxy.Set(FaultMode.SlowBytes);
        await using var client = await test.OpenAsync();
        Assert.Equal(5000, await ProxyTest.ScalarAsync<int>(client, $"select length('{new string('x', 5000)}')"));
    }

    [Fact]
    public async Task disposal_resets_clients_in_every_mode_and_frees_the_port()
    {
        foreach (var mode in Enum.GetValues<FaultMode>())
        {
            var test = await ProxyTest.StartAsync();
            await using var client = await test.OpenAsync();
            var waiting = ProxyTest.ScalarAsync<int>(client, "select 1 from pg_sleep(600)");
            test.Proxy.Set(mode);
            await test.DisposeAsync();
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => waiting);
            Assert.Equal(0, test.Proxy.ConnectionCount);
            Assert.False(await Ports.AnswersAsync(test.Proxy.Port));
        }
    }

    private static async Task<double> RoundTripAsync(NpgsqlConnection client)
    {
        var started = Stopwatch.GetTimestamp();
        await ProxyTest.ScalarAsync<int>(client, "select 1");
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection client, string sql)
    {
        await using var command = new NpgsqlCommand(sql, client);
        return await command.ExecuteNonQueryAsync();
    }

    private static async Task<SocketException> RefusedAsync(ProxyTest test) =>
        Assert.IsType<SocketException>((await Assert.ThrowsAnyAsync<NpgsqlException>(() => test.OpenAsync())).InnerException);

    private static SocketError? SocketErrorOf(Exception? error)
    {
        while (error is not (null or SocketException)) error = error.InnerException;
        return (error as SocketException)?.SocketErrorCode;
    }
}
