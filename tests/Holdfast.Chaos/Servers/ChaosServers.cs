using System.Globalization;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;

namespace Holdfast.Chaos.Servers;

/// <summary>Three real servers that all runs share; each run has a database and links of its own.</summary>
internal sealed class ChaosServers : IAsyncDisposable
{
    public const int Count = 3;

    private readonly ProviderCluster _cluster;
    private int _databases;

    private ChaosServers(ProviderCluster cluster) => _cluster = cluster;

    public PostgresServer this[int provider] => _cluster[provider].Server;

    public static async Task<ChaosServers> StartAsync()
    {
        // Durable: servers are killed, and what they acknowledged is counted.
        var servers = new ChaosServers(await ProviderCluster.StartAsync(durable: true));
        await Task.WhenAll(Enumerable.Range(0, Count).Select(servers.MakeTemplateAsync));
        return servers;
    }

    /// <summary>A migrated, empty database of this name on every server.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"run_{++_databases}");
        await Task.WhenAll(Enumerable.Range(0, Count).Select(provider => CreateDatabaseAsync(provider, name)));
        return name;
    }

    public Task CreateDatabaseAsync(int provider, string name) => RunAsync(provider, $"create database {name} template chaos", "postgres");

    public Task DropDatabaseAsync(int provider, string name) => RunAsync(provider, $"drop database if exists {name} with (force)", "postgres");

    /// <summary>Runs SQL past the proxies, whatever the database's defaults are.</summary>
    public Task RunAsync(int provider, string sql, string database) =>
        PostgresServer.ExecuteAsync(this[provider].Connection(database) + ";Pooling=false;Options=-c default_transaction_read_only=off", sql);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private async Task MakeTemplateAsync(int provider)
    {
        var database = await this[provider].CreateDatabaseAsync("chaos");
        await new SchemaMigrator(database).MigrateAsync();
        // A role that is no superuser: a superuser needs no grant.
        await RunAsync(provider, """
            create role app login;
            grant usage on schema holdfast to app;
            grant select, insert, update, delete on all tables in schema holdfast to app;
            """, "chaos");
    }
}
