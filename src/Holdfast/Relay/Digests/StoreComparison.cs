using Holdfast.Rows;
using Holdfast.Stores.Queries;

namespace Holdfast.Relay.Digests;

/// <summary>Compares what several stores hold, all at once, while writes go on: digests first, then only the buckets that differ.</summary>
internal sealed class StoreComparison(IReadOnlyList<ComparedStore> stores, ComparisonOptions options)
{
    private const int ParkedMax = 100;

    private static readonly IReadOnlyList<Table> Merged = [.. Tables.All.Where(table => table.IsMerged)];

    /// <exception cref="StoreUnavailableException">One of them does not answer.</exception>
    public async Task<ComparisonReport> RunAsync(CancellationToken cancellationToken)
    {
        var started = options.Time.GetTimestamp();
        var read = await Task.WhenAll(stores.Select(store => ReadAsync(store, cancellationToken))).ConfigureAwait(false);
        var (opening, check) = (new BucketOpening(stores, options), new DifferenceCheck(stores, options));
        var (rows, isCut) = (new List<RowDifference>(), false);
        for (var i = 0; i < Merged.Count && !isCut; i++)
        {
            var digests = read.Select(store => store.Digests[i]).ToList();
            await foreach (var suspects in opening.OpenAsync(Merged[i], digests, cancellationToken).ConfigureAwait(false))
            {
                rows.AddRange(await check.ConfirmAsync(suspects, cancellationToken).ConfigureAwait(false));
                if (isCut = rows.Count >= options.RowsMax) break;
            }
        }
        return new ComparisonReport([.. read.Select(store => store.Provider)], rows, isCut, options.Time.GetElapsedTime(started));
    }

    private async Task<(ComparedProvider Provider, IReadOnlyList<TableDigest> Digests)> ReadAsync(ComparedStore store, CancellationToken cancellationToken)
    {
        var reader = await DigestReader.OpenAsync(store, options, cancellationToken).ConfigureAwait(false);
        var (digests, hashed) = (new List<TableDigest>(), 0L);
        foreach (var table in Merged)
        {
            var (digest, now) = await reader.ReadAsync(table, cancellationToken).ConfigureAwait(false);
            digests.Add(digest);
            hashed += now;
        }
        var parked = await ParkedRowQueries.NewestAsync(store.Store, ParkedMax, cancellationToken).ConfigureAwait(false);
        return (new ComparedProvider(store.Name, store.Store.Address, digests.Sum(digest => digest.Rows), hashed, parked), digests);
    }
}
