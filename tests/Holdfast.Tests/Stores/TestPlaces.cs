using System.Collections.Concurrent;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;
using Holdfast.Stores.Sqlite;
using Npgsql;

namespace Holdfast.Tests.Stores;

/// <summary>
/// Opens stores at every place. Each server has one migrated schema for the whole run; tests stay apart by their tenant.
/// </summary>
internal static class TestPlaces
{
    private static readonly ConcurrentDictionary<Place, Lazy<Task<string>>> Schemas = new();
    private static long _count;

    /// <summary>A name that nothing else in this run has, nor in a run beside it.</summary>
    public static string Unique(string prefix) => $"{prefix}_{Environment.ProcessId:x}_{Interlocked.Increment(ref _count):x}";

    public static string NewFolder() => Path.Combine(Folders.Value, Unique("folder"));

    /// <summary>The folders of this run, removed when it ends.</summary>
    public static Lazy<string> Folders { get; } = new(() => Directory.CreateTempSubdirectory("holdfast-tests-").FullName);

    public static async Task<IStore> OpenAsync(Place place, MergeRules? rules = null, string? folder = null, string? tenant = null) => place == Place.LocalFile
        ? SqliteStore.Open(HoldfastHome.LocalFile(folder ?? NewFolder()), TimeProvider.System, rules)
        : await OpenPostgresAsync(place, await SchemaAsync(place), rules, tenant);

    public static async Task<PostgresStore> OpenPostgresAsync(Place place, string schema, MergeRules? rules = null, string? tenant = null) =>
        await PostgresConnector.ConnectAsync(await TestServer.ConnectionAsync(place), schema, TimeProvider.System, rules, CancellationToken.None, new StoreOwner(tenant, StoreOwner.Unknown.RelaySetting));

    /// <summary>Options of a memory of its own: a folder or a tenant that nobody else has.</summary>
    public static async Task<HoldfastOptions> OptionsAsync(Place place) => place == Place.LocalFile
        ? new HoldfastOptions { Home = NewFolder(), TenantId = Unique("tenant") }
        : new HoldfastOptions { Connection = await TestServer.ConnectionAsync(place), Schema = await SchemaAsync(place), TenantId = Unique("tenant") };

    /// <summary>The schema that the tests of one server share.</summary>
    public static Task<string> SchemaAsync(Place place)
    {
        var server = place switch { Place.PgBouncer => Place.Postgres, Place.RowSecurityPooled => Place.RowSecurity, _ => place };
        return Schemas.GetOrAdd(server, key => new Lazy<Task<string>>(() => NewSchemaAsync(key))).Value;
    }

    /// <summary>A migrated schema for one test, which may alter it.</summary>
    public static async Task<string> NewSchemaAsync(Place place)
    {
        var schema = Unique("test");
        // The roles that policies are for own nothing.
        var owner = await TestServer.ConnectionAsync(place is Place.RowSecurity or Place.RowSecurityPooled ? Place.Postgres : place);
        await new SchemaMigrator(owner, schema).MigrateAsync();
        if (place is Place.RowSecurity or Place.RowSecurityPooled) await TenantRoles.KeepApartAsync(owner, schema);
        return schema;
    }

    public static async Task RunAsync(Place place, string sql)
    {
        await using var source = NpgsqlDataSource.Create(await TestServer.ConnectionAsync(place));
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
