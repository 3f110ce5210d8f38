using System.Net;
using System.Net.Sockets;
using Holdfast.Providers.Failures;
using Holdfast.TestServers;
using Holdfast.Tests.Stores;
using Npgsql;
using Xunit;
using static Holdfast.Providers.Failures.AttemptOutcome;
using static Holdfast.Tests.Failures.RealServer;

namespace Holdfast.Tests.Failures;

public class LostAnswerTests
{
    private const string Sleeping = "select count(*) from pg_stat_activity where query = 'select pg_sleep(600)' and state = 'active'";

    [Fact]
    public async Task a_session_that_an_administrator_ends()
    {
        await using var server = await PostgresServer.StartAsync();
        var failing = FailAsync(server.ConnectionString + ";Pooling=false", "select pg_sleep(600)");
        await UntilAsync(server, Sleeping);
        await PostgresServer.ExecuteAsync(server.ConnectionString, "select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(600)'");
        Expect(await failing, Unknown, FailureCause.Starting, "57P01");
    }

    [Fact]
    public async Task a_server_that_is_killed_while_it_works()
    {
        await using var server = await PostgresServer.StartAsync();
        var failing = FailAsync(server.ConnectionString + ";Pooling=false", "select pg_sleep(600)");
        await UntilAsync(server, Sleeping);
        await server.KillAsync();
        Expect(await failing, Unknown, FailureCause.Down);
    }

    [Fact]
    public async Task a_frozen_server_and_a_limit_of_ours()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false;Timeout=1;Cancellation Timeout=100");
        await connection.OpenAsync();
        var backend = connection.ProcessID;
        await RunAsync("kill", "-STOP", backend);
        try
        {
            await using var command = new NpgsqlCommand("select 1", connection) { CommandTimeout = 1 };
            var error = await Assert.ThrowsAnyAsync<Exception>(() => command.ExecuteNonQueryAsync());
            Expect(FailureClassifier.Classify(error, sent: true), Unknown, FailureCause.Down);
        }
        finally
        {
            await RunAsync("kill", "-CONT", backend);
        }
    }

    [Fact]
    public async Task a_token_that_fires_while_the_server_works()
    {
        await using var connection = new NpgsqlConnection(await TestServer.ConnectionAsync(Place.Postgres) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select pg_sleep(600)", connection);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => command.ExecuteNonQueryAsync(stop.Token));
        // The server itself said that it stopped the statement.
        Expect(FailureClassifier.Classify(error, sent: true), RolledBack, FailureCause.Cancelled);
    }

    [Fact]
    public async Task a_row_that_was_committed_before_the_connection_was_cut_is_not_called_absent()
    {
        var database = new NpgsqlConnectionStringBuilder(await TestServer.NewDatabaseAsync());
        await PostgresServer.ExecuteAsync(database.ConnectionString, "create table t (id int)");
        await using var cut = new CutAfterStatement(database.Port);
        var through = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Port = cut.Port, Pooling = false, SslMode = SslMode.Disable };
        await using var connection = new NpgsqlConnection(through.ConnectionString);
        await connection.OpenAsync();
        cut.Arm();
        await using var insert = new NpgsqlCommand("insert into t values (1)", connection);
        var error = await Assert.ThrowsAnyAsync<Exception>(() => insert.ExecuteNonQueryAsync());
        Expect(FailureClassifier.Classify(error, sent: true), Unknown, FailureCause.Down);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await Wait.UntilAsync(async () => 1L.Equals(await source.CreateCommand("select count(*) from t").ExecuteScalarAsync()), "the row is there although its writer was never told");
    }

    private static async Task UntilAsync(PostgresServer server, string count)
    {
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        await Wait.UntilAsync(async () => 1L.Equals(await source.CreateCommand(count).ExecuteScalarAsync()), "the statement runs");
    }

    private static Task RunAsync(string program, string signal, int process) =>
        ServerAccount.RunAsync(program, signal, process.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Passes bytes on until it is armed; then the server still gets them, and the client gets a closed connection.</summary>
    private sealed class CutAfterStatement : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _passing;
        private volatile bool _armed;

        public CutAfterStatement(int target)
        {
            _listener.Start();
            _passing = PassAsync(target);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Arm() => _armed = true;

        public async ValueTask DisposeAsync()
        {
            _listener.Dispose();
            await _passing;
        }

        private async Task PassAsync(int target)
        {
            using var client = await _listener.AcceptTcpClientAsync();
            using var server = new TcpClient();
            await server.ConnectAsync(IPAddress.Loopback, target);
            await Task.WhenAll(CopyAsync(client, server, up: true), CopyAsync(server, client, up: false));
        }

        private async Task CopyAsync(TcpClient from, TcpClient to, bool up)
        {
            var buffer = new byte[8192];
            try
            {
                while (await from.GetStream().ReadAsync(buffer) is > 0 and var count)
                {
                    if (_armed && !up) break;
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
                }
            }
            catch (IOException)
            {
                // One of the two has gone: the other is told below.
            }
            from.Close();
            to.Close();
        }
    }
}
