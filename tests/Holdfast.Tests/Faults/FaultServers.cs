using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Holdfast.Tests.Stores;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Faults;

/// <summary>Three providers of a test class, each behind a proxy that makes faults. Each test has a tenant and a folder of its own.</summary>
public sealed class FaultServers : IAsyncLifetime
{
    private const string Database = "postgres";

    private ProviderCluster _cluster = null!;

    internal int Count => _cluster.Count;

    internal ClusterMember this[int index] => _cluster[index];

    public async ValueTask InitializeAsync() => _cluster = await ProviderCluster.StartAsync(durable: true);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    internal Task HealAsync() => _cluster.HealAsync();

    /// <summary>A migrated database on every server, for tests that alter it, and in it a role that is no superuser.</summary>
    internal async Task<string> NewDatabaseAsync()
    {
        var name = TestPlaces.Unique("database");
        for (var i = 0; i < Count; i++)
        {
            await _cluster[i].Server.CreateDatabaseAsync(name);
            await new SchemaMigrator(Direct(i, name)).MigrateAsync();
            await RunAsync(i, $"""
                do $$ begin if not exists (select from pg_roles where rolname = 'app') then create role app login; end if; end $$;
                grant usage on schema holdfast to app;
                grant select, insert, update, delete on all tables in schema holdfast to app;
                """, name);
        }
        return name;
    }

    /// <summary>Past the proxy: what is really there.</summary>
    internal string Direct(int server, string database = Database) => With(_cluster[server].Direct, database, null);

    /// <summary>Runs SQL past the proxy, whatever the database's defaults are.</summary>
    internal async Task RunAsync(int server, string sql, string database = Database) =>
        await PostgresServer.ExecuteAsync(Direct(server, database) + ";Pooling=false;Options=-c default_transaction_read_only=off", sql);

    /// <param name="database">The database of the memory.</param>
    /// <param name="user">Who connects; null: the superuser.</param>
    internal HoldfastOptions Options(string database = Database, string? user = null)
    {
        var options = new HoldfastOptions { Home = TestPlaces.NewFolder(), TenantId = TestPlaces.Unique("tenant") };
        foreach (var provider in _cluster.Options)
        {
            provider.Connection = With(provider.Connection.Reveal(), database, user);
            provider.ControlConnection = provider.Connection;
            options.Providers.Add(provider);
        }
        options.Failover.ProbeInterval = TimeSpan.FromMilliseconds(500);
        options.Failover.FailbackAfter = TimeSpan.FromSeconds(1);
        return options;
    }

    private static string With(string connection, string database, string? user)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection) { Database = database };
        if (user is not null) settings.Username = user;
        return settings.ConnectionString;
    }
}
