using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast.Relay.Digests;

/// <summary>
/// The digests of one store's tables. What the last run has hashed is not hashed again: rows name the transaction that wrote them, so that whatever
/// was written, changed or deleted since, by whomever, is seen by counting.
/// </summary>
internal sealed class DigestReader
{
    private readonly ComparedStore _store;
    private readonly ComparisonOptions _options;
    private readonly ServerRun _run;
    private readonly string? _identifier;
    private readonly TransactionRange _recent;

    private DigestReader(ComparedStore store, ComparisonOptions options, ServerRun run, string? identifier)
    {
        (_store, _options, _run, _identifier) = (store, options, run, identifier);
        _recent = TransactionRange.Since(run.Horizon);
    }

    /// <summary>Asks the server how far it is.</summary>
    public static async Task<DigestReader> OpenAsync(ComparedStore store, ComparisonOptions options, CancellationToken cancellationToken) => new(store, options,
        await DigestQueries.ServerAsync(store.Store, cancellationToken).ConfigureAwait(false),
        options.CacheFolder is null ? null : await DigestQueries.SystemIdentifierAsync(store.Store, cancellationToken).ConfigureAwait(false));

    /// <summary>The digests of the tables in their order, each with how many rows were hashed for it now.</summary>
    public async Task<IReadOnlyList<(TableDigest Digest, long RowsHashed)>> ReadAsync(IReadOnlyList<Table> tables, CancellationToken cancellationToken)
    {
        var (known, read) = (Known(tables), new List<(TableDigest, long)>());
        var counts = await CountAsync(known, cancellationToken).ConfigureAwait(false);
        foreach (var table in tables)
        {
            read.Add(known.TryGetValue(table, out var cached) && await HashSinceAsync(table, cached, counts, cancellationToken).ConfigureAwait(false) is { } grown ? grown
                : await HashAllAsync(table, cancellationToken).ConfigureAwait(false));
        }
        return read;
    }

    private DigestCache? Cache => _identifier is null || _options.CacheFolder is not { } folder ? null : new DigestCache(folder);

    private DigestPlace Place(Table table) => new(_store.Store.Address, _identifier!, _run, _store.Store.Schema, table, _options.Deep);

    private Dictionary<Table, CachedDigest> Known(IReadOnlyList<Table> tables)
    {
        var known = new Dictionary<Table, CachedDigest>();
        if (_options.Fresh || Cache is not { } cache) return known;
        foreach (var table in tables)
            if (cache.Read(Place(table)) is { } cached && IsOfNow(cached)) known.Add(table, cached);
        return known;
    }

    // A server that was set back is behind what was cached. One that is far ahead has used up the numbers that tell old from new.
    private bool IsOfNow(CachedDigest cached) => cached.Horizon <= _run.Horizon && _run.Next - cached.Horizon < TransactionRange.Ahead / 2;

    // No transaction has ended since: then nothing at all can have changed.
    private bool IsUntouched(CachedDigest cached) => cached.Horizon == _run.Next;

    // One statement for the tables of one horizon, which are all of them but after a run that was cut off.
    private async Task<Dictionary<string, (long Rows, long Since)>> CountAsync(Dictionary<Table, CachedDigest> known, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, (long, long)>();
        foreach (var group in known.Where(table => !IsUntouched(table.Value)).GroupBy(table => table.Value.Horizon))
        {
            var tables = group.Select(table => table.Key).ToList();
            await foreach (var (table, rows, since) in DigestQueries.CountsAsync(_store.Store, tables, TransactionRange.Since(group.Key), cancellationToken).ConfigureAwait(false)) counts.Add(table, (rows, since));
        }
        return counts;
    }

    // Null: a row that was in the digest has been changed or deleted, and its hash cannot be taken out again.
    private async Task<(TableDigest, long)?> HashSinceAsync(Table table, CachedDigest cached, Dictionary<string, (long Rows, long Since)> counts, CancellationToken cancellationToken)
    {
        if (!counts.TryGetValue(table.Name, out var count)) return (cached.Digest, 0);
        if (count.Rows - count.Since != cached.Digest.Rows) return null;
        var (settled, all, hashed) = (cached.Digest.Copy(), cached.Digest.Copy(), 0L);
        if (count.Since > 0)
        {
            await foreach (var part in DigestQueries.SinceAsync(_store.Store, table, _options.Deep, TransactionRange.Since(cached.Horizon), _recent, cancellationToken).ConfigureAwait(false))
            {
                if (part.Bucket is null)
                {
                    if (part.Rows != cached.Digest.Rows) return null;
                    continue;
                }
                hashed += part.Rows;
                all.Add(part);
                if (part.IsSettled) settled.Add(part);
            }
        }
        if (_run.Horizon != cached.Horizon) Cache!.Write(Place(table), new CachedDigest(_run.Horizon, settled));
        return (all, hashed);
    }

    private async Task<(TableDigest, long)> HashAllAsync(Table table, CancellationToken cancellationToken)
    {
        var (settled, all) = (new TableDigest(), new TableDigest());
        await foreach (var part in DigestQueries.AllAsync(_store.Store, table, _options.Deep, _recent, cancellationToken).ConfigureAwait(false))
        {
            all.Add(part);
            if (part.IsSettled) settled.Add(part);
        }
        // Rows of transactions that had not ended when the run began are left to the next one.
        Cache?.Write(Place(table), new CachedDigest(_run.Horizon, settled));
        return (all, all.Rows);
    }
}
