using Holdfast.Relay.Digests;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;
using Holdfast.Tests.Stores;
using Npgsql;

namespace Holdfast.Tests.Digests;

/// <summary>Three stores of one test: the distribution's PostgreSQL, a newer one, and one behind a pooler. No two are one schema.</summary>
internal sealed class ThreeStores : IAsyncDisposable
{
    public static readonly string[] Names = ["neon", "supabase", "railway"];
    private static readonly Place[] Places = [Place.Postgres, Place.NewerPostgres, Place.PgBouncer];

    private readonly List<PostgresStore> _stores = [];

    public TestRows Rows { get; } = new(TestPlaces.Unique("tenant"));

    public string CacheFolder { get; } = TestPlaces.NewFolder();

    public IReadOnlyList<ComparedStore> Compared => [.. _stores.Select((store, i) => new ComparedStore(Names[i], store))];

    public PostgresStore this[int store] => _stores[store];

    public static async Task<ThreeStores> OpenAsync()
    {
        var stores = new ThreeStores();
        foreach (var place in Places) stores._stores.Add(await TestPlaces.OpenPostgresAsync(place, await TestPlaces.NewSchemaAsync(place == Place.PgBouncer ? Place.Postgres : place)));
        return stores;
    }

    public ComparisonOptions Options(bool deep = false) => new() { Deep = deep, Patience = TimeSpan.Zero, CacheFolder = CacheFolder };

    public Task<ComparisonReport> CompareAsync(bool deep = false) => CompareAsync(Options(deep));

    public Task<ComparisonReport> CompareAsync(ComparisonOptions options) => new StoreComparison(Compared, options).RunAsync(CancellationToken.None);

    public async Task<RepairReport> RepairAsync(bool deep = false) =>
        await new StoreRepair(Compared, Options(deep)).RunAsync(await CompareAsync(deep), CancellationToken.None);

    /// <summary>Writes the same everywhere.</summary>
    public async Task WriteAsync(params Row[] rows)
    {
        foreach (var store in _stores) await store.MergeAsync(rows, CancellationToken.None);
    }

    public Task WriteToAsync(int store, params Row[] rows) => _stores[store].MergeAsync(rows, CancellationToken.None);

    /// <summary>Changes something behind the program's back; <c>{s}</c> is the schema.</summary>
    public async Task<int> HarmAsync(int store, string sql)
    {
        await using var command = _stores[store].Work.CreateCommand(sql.Replace("{s}", _stores[store].Schema, StringComparison.Ordinal));
        return await command.ExecuteNonQueryAsync();
    }

    public async Task<Row?> ReadAsync(int store, Row row) => (await _stores[store].ReadRowsAsync(row.Table, [new RowReference(row.TenantId, row.Id, row.Stamp)], CancellationToken.None)).SingleOrDefault();

    public async Task<string?> TextAsync(int store, string sql)
    {
        await using var command = _stores[store].Work.CreateCommand(sql.Replace("{s}", _stores[store].Schema, StringComparison.Ordinal));
        return await command.ExecuteScalarAsync() as string;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores) await store.DisposeAsync();
    }
}
