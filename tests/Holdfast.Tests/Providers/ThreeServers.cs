using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Holdfast.Tests.Stores;
using Npgsql;

namespace Holdfast.Tests.Providers;

/// <summary>Three real servers of a test class, the last one of a newer major; each test has a tenant and a folder of its own.</summary>
public sealed class ThreeServers : IAsyncDisposable
{
    private static readonly string[] Names = ["neon", "supabase", "railway"];
    private readonly List<PostgresServer> _servers = [];

    public IReadOnlyList<PostgresServer> Servers => _servers;

    public static async Task<ThreeServers> StartAsync(int count = 3)
    {
        var servers = new ThreeServers();
        for (var i = 0; i < count; i++)
        {
            servers._servers.Add(await PostgresServer.StartAsync(i == 2 ? PostgresVersion.Newer : PostgresVersion.Debian, durable: true, distinctIdentity: false));
            await new SchemaMigrator(servers._servers[i].ConnectionString, "holdfast").MigrateAsync();
        }
        return servers;
    }

    public HoldfastOptions Options(string? home = null, string? tenant = null)
    {
        var options = new HoldfastOptions { Home = home ?? TestPlaces.NewFolder(), TenantId = tenant ?? TestPlaces.Unique("tenant") };
        for (var i = 0; i < _servers.Count; i++) options.Providers.Add(new ProviderOptions { Name = Names[i], Connection = _servers[i].ConnectionString });
        options.Failover.ProbeInterval = TimeSpan.FromMilliseconds(500);
        options.Failover.FailbackAfter = TimeSpan.FromSeconds(1);
        return options;
    }

    /// <summary>The texts of a tenant's messages on one server, in the order of their stamps.</summary>
    public async Task<List<string>> TextsAsync(int server, string tenant)
    {
        await using var source = NpgsqlDataSource.Create(_servers[server].ConnectionString);
        await using var command = source.CreateCommand("select content #>> '{}' from holdfast.session_memories where tenant_id = $1 order by stamp");
        command.Parameters.Add(new NpgsqlParameter { Value = tenant });
        await using var reader = await command.ExecuteReaderAsync();
        var texts = new List<string>();
        while (await reader.ReadAsync()) texts.Add(reader.GetString(0));
        return texts;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers) await server.DisposeAsync();
    }
}
