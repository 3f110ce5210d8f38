using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Sqlite;

namespace Holdfast.Providers;

/// <summary>
/// The spool within its disk budget: above it the spool takes nothing, so that a write needs a provider, and where none answers
/// it is refused with what to do. Rows are never dropped. The size is measured by upkeep; what comes meanwhile is added up.
/// </summary>
internal sealed class SpoolGate(Spool spool, FailoverOptions options)
{
    private long _bytes;

    public Spool Spool => spool;

    /// <summary>Bytes of the local file that are in use.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public bool IsFull => Bytes >= options.SpoolBytesMax;

    /// <exception cref="SpoolFullException">The budget is used up; nothing was written.</exception>
    public async Task<MergeResult[]> WriteAsync(IReadOnlyList<Row> rows)
    {
        if (IsFull) throw new SpoolFullException(Bytes, options.SpoolBytesMax, spool.Store.Address);
        var results = await spool.WriteAsync(rows, CancellationToken.None).ConfigureAwait(false);
        var size = 0L;
        foreach (var row in rows) size += row.Size;
        Interlocked.Add(ref _bytes, size);
        return results;
    }

    public async Task MeasureAsync(CancellationToken cancellationToken) =>
        Interlocked.Exchange(ref _bytes, await spool.SizeAsync(cancellationToken).ConfigureAwait(false));
}
