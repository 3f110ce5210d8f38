using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Npgsql;

namespace Holdfast.Bench.Relay;

/// <summary>Durable servers of a measure's own, set up as the one that <c>run.sh</c> starts.</summary>
internal sealed class RelayServers : IAsyncDisposable
{
    private static readonly string[] Usual = ["shared_buffers=256MB", "max_wal_size=4GB"];

    private readonly List<PostgresServer> _servers = [];

    private RelayServers() { }

    public static async Task<RelayServers> StartAsync(int count, params string[] settings)
    {
        var servers = new RelayServers();
        try
        {
            for (var i = 0; i < count; i++) servers._servers.Add(await PostgresServer.StartAsync(durable: true, settings: [.. Usual, .. settings]));
            return servers;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    /// <summary>A migrated database on every server, in their order; its statements may take long.</summary>
    public async Task<IReadOnlyList<string>> CreateDatabaseAsync(string name)
    {
        var connections = new List<string>();
        foreach (var server in _servers)
        {
            var settings = new NpgsqlConnectionStringBuilder(await server.CreateDatabaseAsync(name)) { CommandTimeout = 0, MaxPoolSize = BenchContext.PoolSizeMax };
            await new SchemaMigrator(settings.ConnectionString).MigrateAsync();
            connections.Add(settings.ConnectionString);
        }
        return connections;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers) await server.DisposeAsync();
    }
}
