using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;
using Holdfast.Stores.Queries;

namespace Holdfast.Relay.Digests;

/// <summary>
/// Mends registers: they are what their newest revisions say. Most are right again once the revisions are everywhere; what is left was changed by
/// hand. A value that no revision knows is kept: as a conflict, or, where its key has no revision at all, as a revision of its own.
/// </summary>
internal sealed class RegisterRepair(IReadOnlyList<ComparedStore> stores, DifferenceCheck check, RowRepair rows, RepairCount count)
{
    private const int BatchRows = 200;

    public async Task MendAsync(Table register, IReadOnlyList<RowDifference> differences, CancellationToken cancellationToken)
    {
        foreach (var some in differences.Select(difference => difference.Key).Chunk(BatchRows))
        {
            var left = await check.ReadAsync(register, some, cancellationToken).ConfigureAwait(false);
            if (left.Count == 0) continue;
            await KeepAsync(register, [.. left.Select(difference => difference.Key)], cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < stores.Count; i++)
                count.Settled(register, stores[i].Name, await stores[i].Store.RebuildAsync(register, [.. left.Select(difference => (difference.Key.TenantId, difference.Key.Key, difference.StampAt(i)))], cancellationToken).ConfigureAwait(false));
        }
    }

    private async Task KeepAsync(Table register, IReadOnlyList<RowKey> keys, CancellationToken cancellationToken)
    {
        var (kept, orphans) = (new List<Row>(), new List<Row>());
        foreach (var store in stores.Select(store => store.Store))
        {
            var standing = await RegisterRow.ReadAsync(store, register, keys, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
            var known = (await store.ReadRowsAsync(Tables.Revisions, [.. standing.Select(row => new RowReference(row.TenantId, row.Stamp.Value, row.Stamp))], cancellationToken).ConfigureAwait(false))
                .ToDictionary(row => (row.TenantId, row.Id));
            var revised = await ConflictQueries.RevisedAsync(store, register, keys, cancellationToken).ConfigureAwait(false);
            foreach (var row in standing)
            {
                if (known.TryGetValue((row.TenantId, row.Stamp.Value), out var revision) && revision.Text("target_key") == row.Key && revision.Text("content") == row.Content) continue;
                if (revised.Contains(new RowKey(row.TenantId, row.Key))) kept.Add(KeptRow.Of(row));
                else orphans.Add(row.ToRevision());
            }
        }
        await rows.KeepAsync(kept, cancellationToken).ConfigureAwait(false);
        await rows.KeepAsync(orphans, cancellationToken).ConfigureAwait(false);
    }
}
