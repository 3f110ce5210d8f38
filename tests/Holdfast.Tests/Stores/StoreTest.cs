using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;
using Xunit;

namespace Holdfast.Tests.Stores;

/// <summary>A store at one place and a tenant of its own: what every part of the contract begins with.</summary>
public abstract class StoreTest(Place place) : IAsyncLifetime
{
    private IStore? _store;

    private protected Place Where => place;

    private protected IStore Store => _store!;

    private protected TestRows Rows { get; } = new(TestPlaces.Unique("tenant"));

    public async ValueTask InitializeAsync() => _store = await TestPlaces.OpenAsync(place, tenant: Rows.TenantId);

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected async Task<MergeResult[]> MergeAsync(params Row[] rows) => await Store.MergeAsync(rows, CancellationToken.None);

    private protected async Task<Row?> ReadAsync(Row row) =>
        (await Store.ReadRowsAsync(row.Table, [new RowReference(row.TenantId, row.Id, row.Stamp)], CancellationToken.None)).SingleOrDefault();

    private protected async Task<IReadOnlyList<Row>> ReadAllAsync(Table table)
    {
        var sql = new Statement($$"""select {{string.Join(", ", RowColumns.Read(table))}} from {{{table.Name}}} where tenant_id = $1 order by id""");
        return await Store.QueryAsync(sql, [Rows.TenantId], reader => RowColumns.Row(table, reader), CancellationToken.None).ToListAsync();
    }

    private protected async Task AssertStoredAsync(Row expected) => Assert.Equal(RowText.Of(expected), RowText.Of((await ReadAsync(expected))!));

    private protected Task<RegisterValue?> SettingAsync(string key) => RegisterQueries.ReadAsync(Store, Tables.Settings, Rows.TenantId, key, CancellationToken.None);
}
