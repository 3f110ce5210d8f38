using Holdfast.Rows;
using Holdfast.Stores.Queries;

namespace Holdfast.Relay.Digests;

/// <summary>
/// Tells rows that differ from rows that are on their way: writes go on while stores are compared, so a row counts only when it has been read
/// again, by its key at every store, and is still behind what one of them had before.
/// </summary>
internal sealed class DifferenceCheck(IReadOnlyList<ComparedStore> stores, ComparisonOptions options)
{
    private const int KeysMax = 5_000;

    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);

    /// <summary>Those of the rows of one table that stay different.</summary>
    public async Task<List<RowDifference>> ConfirmAsync(IReadOnlyList<RowDifference> suspects, CancellationToken cancellationToken)
    {
        if (suspects.Count == 0) return [];
        var started = options.Time.GetTimestamp();
        var pending = suspects.ToDictionary(suspect => suspect.Key, suspect => new PendingRow(suspect.Winner, suspect.IsOfContent ? TimeSpan.Zero : null));
        var confirmed = new List<RowDifference>();
        for (var pause = PauseMin; ; pause = pause < PauseMax ? pause * 2 : PauseMax)
        {
            var now = options.Time.GetElapsedTime(started);
            var read = await ReadAsync(suspects[0].Table, [.. pending.Keys], cancellationToken).ConfigureAwait(false);
            var next = new Dictionary<RowKey, PendingRow>();
            foreach (var difference in read)
            {
                var suspect = pending[difference.Key];
                var isOfContent = difference.IsOfContent;
                if (isOfContent && suspect.OtherContentSince is null) suspect = suspect with { OtherContentSince = now };
                if (!isOfContent) suspect = suspect with { OtherContentSince = null };
                // All have reached what one of them had: that they have moved on from there, each as far as it is, is no difference.
                if (!isOfContent && !difference.IsBehind(suspect.Wanted)) continue;
                if (now - (suspect.OtherContentSince ?? TimeSpan.Zero) < options.Patience) next.Add(difference.Key, suspect);
                else confirmed.Add(difference);
            }
            if ((pending = next).Count == 0) return confirmed;
            var left = options.Patience - options.Time.GetElapsedTime(started);
            await Task.Delay(left > TimeSpan.Zero && left < pause ? left : pause, options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Those of these rows that do not stand alike now.</summary>
    public async Task<List<RowDifference>> ReadAsync(Table table, IReadOnlyList<RowKey> keys, CancellationToken cancellationToken)
    {
        var differing = new List<RowDifference>();
        foreach (var some in keys.Chunk(KeysMax))
        {
            var read = await Task.WhenAll(stores.Select(store =>
                DigestQueries.ReadAsync(store.Store, table, options.Deep, some, cancellationToken).ToListAsync(cancellationToken).AsTask())).ConfigureAwait(false);
            differing.AddRange(RowStates.Differing(table, read));
        }
        return differing;
    }

    // What a store had when the row was first seen; since when all have the row and say different things.
    private sealed record PendingRow(Stamp Wanted, TimeSpan? OtherContentSince);
}
