using System.Runtime.InteropServices;
using Holdfast.Rows;
using Holdfast.Stores.Queries;

namespace Holdfast.Relay.Digests;

/// <summary>Opens buckets that differ down to the rows: one query per table and store for as many as fit.</summary>
internal sealed class BucketOpening(IReadOnlyList<ComparedStore> stores, ComparisonOptions options)
{
    /// <summary>The rows that did not stand alike when they were read, at most about <see cref="ComparisonOptions.RowsMax"/> at a time.</summary>
    public async IAsyncEnumerable<List<RowDifference>> OpenAsync(Table table, IReadOnlyList<TableDigest> digests, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var differing = TableDigest.Differing(digests).ToList();
        var large = differing.Where(bucket => bucket.Rows > options.BucketRowsMax).Select(bucket => bucket.Bucket).ToList();
        var parts = large.Count == 0 ? [] : TableDigest.Differing(await Task.WhenAll(stores.Select(store => PartsAsync(store, table, large, cancellationToken))).ConfigureAwait(false));
        var open = differing.Where(bucket => bucket.Rows <= options.BucketRowsMax).Select(bucket => (bucket.Bucket, bucket.Rows, IsPart: false))
            .Concat(parts.Select(part => (part.Bucket, part.Rows, IsPart: true)));
        foreach (var some in Portions(open)) yield return await OpenAsync(table, some, cancellationToken).ConfigureAwait(false);
    }

    private async Task<List<RowDifference>> OpenAsync(Table table, IReadOnlyList<(long Bucket, long Rows, bool IsPart)> some, CancellationToken cancellationToken)
    {
        var (buckets, parts) = (some.Where(bucket => !bucket.IsPart).Select(bucket => bucket.Bucket).ToList(), some.Where(bucket => bucket.IsPart).Select(bucket => bucket.Bucket).ToList());
        var read = await Task.WhenAll(stores.Select(store =>
            DigestQueries.OpenAsync(store.Store, table, options.Deep, buckets, parts, cancellationToken).ToListAsync(cancellationToken).AsTask())).ConfigureAwait(false);
        return RowStates.Differing(table, read);
    }

    private async Task<TableDigest> PartsAsync(ComparedStore store, Table table, List<long> buckets, CancellationToken cancellationToken)
    {
        var digest = new TableDigest();
        await foreach (var part in DigestQueries.PartsAsync(store.Store, table, options.Deep, buckets, cancellationToken).ConfigureAwait(false)) digest.Add(part);
        return digest;
    }

    private IEnumerable<List<(long Bucket, long Rows, bool IsPart)>> Portions(IEnumerable<(long Bucket, long Rows, bool IsPart)> open)
    {
        var (some, rows) = (new List<(long Bucket, long Rows, bool IsPart)>(), 0L);
        foreach (var bucket in open)
        {
            if (some.Count > 0 && rows + bucket.Rows > options.RowsMax)
            {
                yield return some;
                (some, rows) = ([], 0);
            }
            some.Add(bucket);
            rows += bucket.Rows;
        }
        if (some.Count > 0) yield return some;
    }
}

/// <summary>Rows as several stores have them, side by side.</summary>
internal static class RowStates
{
    public static List<RowDifference> Differing(Table table, IReadOnlyList<IReadOnlyList<RowDigest>> stores)
    {
        var states = new Dictionary<RowKey, RowDigest?[]>();
        for (var store = 0; store < stores.Count; store++)
        {
            foreach (var row in stores[store])
            {
                ref var beside = ref CollectionsMarshal.GetValueRefOrAddDefault(states, row.Key, out _);
                (beside ??= new RowDigest?[stores.Count])[store] = row;
            }
        }
        return [.. states.Select(state => new RowDifference(table, state.Key, state.Value)).Where(difference => !difference.IsEqual)];
    }
}
