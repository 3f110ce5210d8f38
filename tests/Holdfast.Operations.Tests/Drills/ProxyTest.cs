using Holdfast.Operations.Drills;
using Holdfast.TestServers;
using Npgsql;

namespace Holdfast.Operations.Tests.Drills;

/// <summary>A real server's database with a table, and a proxy in front of it.</summary>
internal sealed class ProxyTest : IAsyncDisposable
{
    private ProxyTest(PostgresServer server, string direct)
    {
        Server = server;
        Direct = direct;
        Proxy = FaultProxy.Start("127.0.0.1", server.Port);
    }

    public PostgresServer Server { get; }

    public FaultProxy Proxy { get; }

    public string Direct { get; }

    public static async Task<ProxyTest> StartAsync(PostgresServer? server = null)
    {
        server ??= await OperationsServer.StartedAsync();
        var test = new ProxyTest(server, await server.CreateDatabaseAsync());
        await PostgresServer.ExecuteAsync(test.Direct, "create table t (id int primary key)");
        return test;
    }

    /// <summary>A client through the proxy, with a connection of its own and no limit of time but the caller's.</summary>
    public async Task<NpgsqlConnection> OpenAsync(string more = "", CancellationToken cancellationToken = default)
    {
        var connection = new NpgsqlConnection(Proxy.Through(Direct) + ";Pooling=false;Timeout=30;Command Timeout=0;" + more);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public Task<long> RowsAsync() => PostgresServer.AskAsync<long>(Direct, "select count(*) from t");

    public static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql, CancellationToken cancellationToken = default)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public ValueTask DisposeAsync() => Proxy.DisposeAsync();
}
