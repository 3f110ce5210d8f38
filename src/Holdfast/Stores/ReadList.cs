using System.Collections;
using Holdfast.Stores;

namespace Holdfast;

/// <summary>What was read, in its order, and where from.</summary>
/// <typeparam name="T">What was read.</typeparam>
public sealed class ReadList<T> : IReadOnlyList<T>
{
    private readonly IReadOnlyList<T> _items;

    internal ReadList(IReadOnlyList<T> items, ReadSource? source)
    {
        _items = items;
        Source = source;
    }

    /// <summary>Where it came from; null for an empty list: only the primary's word makes an answer empty.</summary>
    public ReadSource? Source { get; }

    /// <summary>True when it did not come from the undisturbed primary: others may have written more.</summary>
    public bool MayBeStale => Source?.MayBeStale ?? false;

    /// <inheritdoc/>
    public T this[int index] => _items[index];

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

internal static class ReadList
{
    /// <summary>Reads a query to its end.</summary>
    public static async Task<ReadList<T>> ReadAsync<T>(
        Func<Func<StoreReader, T>, IAsyncEnumerable<T>> query, Func<StoreReader, T> read, bool reversed, CancellationToken cancellationToken)
    {
        ReadSource? source = null;
        var items = await query(row =>
        {
            source = row.Source;
            return read(row);
        }).ToListAsync(cancellationToken).ConfigureAwait(false);
        if (reversed) items.Reverse();
        return new ReadList<T>(items, source);
    }
}
