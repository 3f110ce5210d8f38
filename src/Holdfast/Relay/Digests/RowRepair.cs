using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;
using Holdfast.Stores.Queries;

namespace Holdfast.Relay.Digests;

/// <summary>Mends append rows: copies what is missing or lower from where it is, and settles content on what most say.</summary>
internal sealed class RowRepair(IReadOnlyList<ComparedStore> stores, RepairCount count)
{
    private const int BatchRows = 200;

    public async Task MendAsync(Table table, IReadOnlyList<RowDifference> rows, CancellationToken cancellationToken)
    {
        for (var target = 0; target < stores.Count; target++)
        {
            var lacking = rows.Where(row => row.Kind(target) is DifferenceKind.Missing or DifferenceKind.OtherStamp)
                .GroupBy(row => Enumerable.Range(0, stores.Count).First(store => row.Kind(store) == DifferenceKind.None));
            foreach (var group in lacking)
            {
                foreach (var some in group.Select(row => row.Reference).Chunk(BatchRows))
                    await CopyAsync(table, stores[group.Key], stores[target], some, cancellationToken).ConfigureAwait(false);
            }
        }
        foreach (var some in rows.Where(row => row.IsOfContent).Chunk(BatchRows)) await SettleAsync(table, some, cancellationToken).ConfigureAwait(false);
    }

    private async Task CopyAsync(Table table, ComparedStore source, ComparedStore target, IReadOnlyList<RowReference> references, CancellationToken cancellationToken)
    {
        var missing = await target.Store.FindMissingAsync(table, references, cancellationToken).ConfigureAwait(false);
        if (missing.Count == 0) return;
        var rows = await source.Store.ReadRowsAsync(table, missing, cancellationToken).ConfigureAwait(false);
        try
        {
            await target.Store.MergeAsync(rows, cancellationToken).ConfigureAwait(false);
            count.Copied(table, target.Name, rows.Count);
        }
        catch (RowRefusedException) when (rows.Count > 1)
        {
            // One of them: the others need not wait for it.
            foreach (var row in rows) await CopyAsync(table, source, target, [new RowReference(row.TenantId, row.Id, row.Stamp)], cancellationToken).ConfigureAwait(false);
        }
        catch (RowRefusedException e)
        {
            count.Refused(table, target.Name, rows[0].Id, e.Message);
        }
    }

    private async Task SettleAsync(Table table, IReadOnlyList<RowDifference> rows, CancellationToken cancellationToken)
    {
        var references = rows.Select(row => row.Reference).ToList();
        var read = await Task.WhenAll(stores.Select(async store => (await store.Store.ReadRowsAsync(table, references, cancellationToken).ConfigureAwait(false))
            .ToDictionary(row => (row.TenantId, row.Id)))).ConfigureAwait(false);
        var (winners, losers) = (new List<Row>(), new List<Row>());
        foreach (var difference in rows)
        {
            var right = Enumerable.Range(0, stores.Count).First(store => difference.Kind(store) == DifferenceKind.None);
            var key = (difference.Reference.TenantId, difference.Reference.Id);
            if (!read[right].TryGetValue(key, out var winner) || winner.Stamp != difference.Winner) continue;
            winners.Add(winner);
            losers.AddRange(Enumerable.Range(0, stores.Count).Where(store => difference.Kind(store) == DifferenceKind.OtherContent && read[store].ContainsKey(key)).Select(store => read[store][key]));
        }
        if (winners.Count == 0) return;
        await KeepAsync(losers.Select(KeptRow.Of), cancellationToken).ConfigureAwait(false);
        for (var target = 0; target < stores.Count; target++)
        {
            await stores[target].Store.ReplaceContentAsync(winners, cancellationToken).ConfigureAwait(false);
            count.Settled(table, stores[target].Name, rows.Count(row => row.Kind(target) == DifferenceKind.OtherContent));
        }
    }

    /// <summary>Puts what is about to be overwritten beside it, at every store, before anything else is done.</summary>
    public async Task KeepAsync(IEnumerable<Row> kept, CancellationToken cancellationToken)
    {
        foreach (var some in kept.DistinctBy(row => (row.TenantId, row.Id)).Chunk(BatchRows))
        {
            foreach (var store in stores) await store.Store.MergeAsync(some, cancellationToken).ConfigureAwait(false);
        }
    }
}
