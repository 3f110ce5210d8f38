using Holdfast.TestServers;
using Holdfast.Tests.Stores;
using Xunit;

[assembly: AssemblyFixture(typeof(TestServer))]

namespace Holdfast.Tests.Stores;

/// <summary>The servers of a run, each started when the first test asks for it and stopped when the run ends.</summary>
public sealed class TestServer : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresServer>> Debian = new(() => PostgresServer.StartAsync());
    private static readonly Lazy<Task<PostgresServer>> Newer = new(() => PostgresServer.StartAsync(PostgresVersion.Newer));
    // A transaction that writes holds back the feeds of all databases of its server: here are only the relay's own.
    private static readonly Lazy<Task<PostgresServer>> Relay = new(() => PostgresServer.StartAsync());
    private static readonly Lazy<Task<PgBouncer>> Pooler = new(async () => await PgBouncer.StartAsync(await Debian.Value));

    private static readonly Lazy<Task<PgBouncer>> TenantPooler = new(async () => await PgBouncer.StartAsync(await Debian.Value,
        databases: $"tenants = host=127.0.0.1 port={(await Debian.Value).Port} dbname=postgres user={TenantRoles.App}\n*"));

    public static async Task<string> ConnectionAsync(Place place) => place switch
    {
        Place.Postgres => (await Debian.Value).ConnectionString,
        Place.NewerPostgres => (await Newer.Value).ConnectionString,
        Place.PgBouncer => (await Pooler.Value).Connection("postgres"),
        Place.RowSecurity => TenantRoles.As((await Debian.Value).ConnectionString, TenantRoles.App),
        Place.RowSecurityPooled => TenantRoles.As((await TenantPooler.Value).Connection("tenants"), TenantRoles.App),
        _ => throw new ArgumentOutOfRangeException(nameof(place), place, "is no server."),
    };

    public static async Task<string> NewDatabaseAsync() => await (await Debian.Value).CreateDatabaseAsync();

    public static async Task<string> NewRelayDatabaseAsync() => await (await Relay.Value).CreateDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        if (TestPlaces.Folders.IsValueCreated) Directory.Delete(TestPlaces.Folders.Value, recursive: true);
        if (TenantPooler.IsValueCreated) await (await TenantPooler.Value).DisposeAsync();
        if (Pooler.IsValueCreated) await (await Pooler.Value).DisposeAsync();
        if (Debian.IsValueCreated) await (await Debian.Value).DisposeAsync();
        if (Relay.IsValueCreated) await (await Relay.Value).DisposeAsync();
        if (Newer.IsValueCreated) await (await Newer.Value).DisposeAsync();
    }
}
