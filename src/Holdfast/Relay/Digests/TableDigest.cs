using Holdfast.Stores.Queries;

namespace Holdfast.Relay.Digests;

/// <summary>How many rows, and their hashes joined so that their order does not matter.</summary>
internal readonly record struct Digest(long Rows, long Hash)
{
    public Digest With(long rows, long hash) => new(Rows + rows, Hash ^ hash);
}

/// <summary>The rows of a table in one store, by time bucket.</summary>
internal sealed class TableDigest
{
    private readonly Dictionary<long, Digest> _buckets = [];

    public IReadOnlyDictionary<long, Digest> Buckets => _buckets;

    public long Rows { get; private set; }

    public void Add(long bucket, long rows, long hash)
    {
        _buckets[bucket] = _buckets.GetValueOrDefault(bucket).With(rows, hash);
        Rows += rows;
    }

    public void Add(DigestPart part) => Add(part.Bucket!.Value, part.Rows, part.Hash);

    public TableDigest Copy()
    {
        var copy = new TableDigest();
        foreach (var (bucket, digest) in _buckets) copy.Add(bucket, digest.Rows, digest.Hash);
        return copy;
    }

    /// <summary>The buckets in which not all say the same, each with the most rows that one of them has there.</summary>
    public static IEnumerable<(long Bucket, long Rows)> Differing(IReadOnlyList<TableDigest> stores) =>
        stores.SelectMany(store => store._buckets.Keys).Distinct()
            .Where(bucket => stores.Any(store => store._buckets.GetValueOrDefault(bucket) != stores[0]._buckets.GetValueOrDefault(bucket)))
            .Select(bucket => (bucket, stores.Max(store => store._buckets.GetValueOrDefault(bucket).Rows)))
            .OrderBy(differing => differing.bucket);
}
