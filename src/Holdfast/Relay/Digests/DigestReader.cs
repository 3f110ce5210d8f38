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

    /// <summary>The table's digest, and how many rows were hashed for it now.</summary>
    public async Task<(TableDigest Digest, long RowsHashed)> ReadAsync(Table table, CancellationToken cancellationToken)
    {
        if (_identifier is null || _options.CacheFolder is not { } folder) return await HashAllAsync(table, null, null, cancellationToken).ConfigureAwait(false);
        var cache = new DigestCache(folder);
        var place = new DigestPlace(_store.Store.Address, _identifier, _run, _store.Store.Schema, table, _options.Deep);
        if (!_options.Fresh && cache.Read(place) is { } cached && IsOfNow(cached)
            && await HashSinceAsync(table, cached, cache, place, cancellationToken).ConfigureAwait(false) is { } grown) return grown;
        return await HashAllAsync(table, cache, place, cancellationToken).ConfigureAwait(false);
    }

    // A server that was set back is behind what was cached. One that is far ahead has used up the numbers that tell old from new.
    private bool IsOfNow(CachedDigest cached) => cached.Horizon <= _run.Horizon && _run.Next - cached.Horizon < TransactionRange.Ahead / 2;

    // Null: a row that was in the digest has been changed or deleted, and its hash cannot be taken out again.
    private async Task<(TableDigest, long)?> HashSinceAsync(Table table, CachedDigest cached, DigestCache cache, DigestPlace place, CancellationToken cancellationToken)
    {
        var since = TransactionRange.Since(cached.Horizon);
        var (before, added) = await DigestQueries.CountAsync(_store.Store, table, since, cancellationToken).ConfigureAwait(false);
        if (before != cached.Digest.Rows) return null;
        if (added == 0) return (cached.Digest, 0);
        var (settled, all, hashed) = (cached.Digest.Copy(), cached.Digest.Copy(), 0L);
        await foreach (var part in DigestQueries.SinceAsync(_store.Store, table, _options.Deep, since, _recent, cancellationToken).ConfigureAwait(false))
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
        cache.Write(place, new CachedDigest(_run.Horizon, settled));
        return (all, hashed);
    }

    private async Task<(TableDigest, long)> HashAllAsync(Table table, DigestCache? cache, DigestPlace? place, CancellationToken cancellationToken)
    {
        var (settled, all) = (new TableDigest(), new TableDigest());
        await foreach (var part in DigestQueries.AllAsync(_store.Store, table, _options.Deep, _recent, cancellationToken).ConfigureAwait(false))
        {
            all.Add(part);
            if (part.IsSettled) settled.Add(part);
        }
        // Rows of transactions that had not ended when the run began are left to the next one.
        if (place is not null) cache!.Write(place, new CachedDigest(_run.Horizon, settled));
        return (all, all.Rows);
    }
}
