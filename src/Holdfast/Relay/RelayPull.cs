using Holdfast.Providers;
using Holdfast.Providers.Failures;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;

namespace Holdfast.Relay;

/// <summary>What one round of a pull came to.</summary>
/// <param name="Rows">Rows that the receiver lacked and got.</param>
/// <param name="IsPending">The source has not been read to its end yet: the receiver may lack rows.</param>
/// <param name="LostAnchor">The source was restored, replaced or reloaded: it may lack rows that it had confirmed.</param>
/// <param name="HeldBackBy">The transaction that holds the source's feed back for longer than usual; null: none.</param>
/// <param name="Errors">What a table of the receiver refuses as a whole.</param>
internal sealed record PullRound(long Rows, bool IsPending, bool LostAnchor, string? HeldBackBy, IReadOnlyList<string> Errors);

/// <summary>
/// Brings one provider what another has: lists the ids of the source's feed, asks the receiver which it lacks, fetches only
/// those and merges them together with the cursor. Runs as often as one likes, in any number of processes.
/// </summary>
internal sealed class RelayPull
{
    /// <summary>A feed that is held back for longer is read past the transaction in the way, without moving the cursor.</summary>
    private static readonly TimeSpan HeldBackMax = TimeSpan.FromSeconds(3);

    private const int PageEntries = 5_000;
    private const int BytesMax = 4_000_000;
    private const int FirstChunkRows = 500;

    /// <summary>Chunks that are fetched and merged at the same time while nobody else is at work at the receiver.</summary>
    private const int LanesMax = 2;

    private readonly Provider _source;
    private readonly Provider _receiver;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly Func<TimeSpan, CancellationToken, Task<bool>> _giveWay;
    private readonly Dictionary<Table, FeedPosition> _ahead = [];
    private (ulong Horizon, DateTimeOffset Since) _held;
    private int _chunkRows = FirstChunkRows;
    private int _lanes = 1;

    /// <param name="source">Where rows come from.</param>
    /// <param name="receiver">Where they go.</param>
    /// <param name="timeout">Of one statement at one of them.</param>
    /// <param name="time">The clock.</param>
    /// <param name="giveWay">Called after chunks were fetched and merged, with the time that it took: waits while others need the receiver; true when it did.</param>
    public RelayPull(Provider source, Provider receiver, TimeSpan timeout, TimeProvider time, Func<TimeSpan, CancellationToken, Task<bool>> giveWay) =>
        (_source, _receiver, _timeout, _time, _giveWay) = (source, receiver, timeout, time, giveWay);

    /// <summary>Reads until there is no more news.</summary>
    /// <exception cref="AttemptFailedException">One of the two does not answer; what was merged stays, and the next round goes on from there.</exception>
    public async Task<PullRound> RunAsync(CancellationToken cancellationToken)
    {
        var cursors = await AtReceiverAsync((receiver, token) => receiver.ReadCursorsAsync(token), cancellationToken).ConfigureAwait(false);
        var news = await AtSourceAsync((source, token) => RelaySource.LookAsync(source, cursors, token), cancellationToken).ConfigureAwait(false);
        var (rows, errors, isPending) = (0L, new List<string>(), false);
        foreach (var table in news)
        {
            try
            {
                if (table.HasNews) rows += await ReadAsync(table.Cursor, cancellationToken).ConfigureAwait(false);
                else if (table.Cursor.RepairPending) await EndRepairAsync(table.Cursor, cancellationToken).ConfigureAwait(false);
            }
            catch (AttemptFailedException e) when (e.InnerException is SchemaException || e.Failure.SqlState == Npgsql.PostgresErrorCodes.InsufficientPrivilege)
            {
                // The whole table is refused, at one of the two: nothing of it can be parked. The other tables go on.
                errors.Add($"{table.Cursor.Table.Name}: {e.Message}");
                isPending = true;
            }
        }
        rows += await RetryRejectsAsync(cancellationToken).ConfigureAwait(false);
        var heldBackBy = await OvertakeAsync(news, cancellationToken).ConfigureAwait(false);
        return new PullRound(rows, isPending, news.Any(table => table.LostAnchor), heldBackBy, errors);
    }

    private async Task<long> ReadAsync(RelayCursor cursor, CancellationToken cancellationToken)
    {
        var rows = 0L;
        while (true)
        {
            var page = await AtSourceAsync((source, token) => source.ReadFeedAsync(cursor.Table, cursor.Position, PageEntries, token), cancellationToken).ConfigureAwait(false);
            // A page that is not full was the end of what was there.
            cursor = cursor with { Anchor = page.Count > 0 ? page[^1] : cursor.Anchor, RepairPending = cursor.RepairPending && page.Count == PageEntries };
            rows += await FetchAsync(cursor.Table, page, cursor, cancellationToken).ConfigureAwait(false);
            _ahead.Remove(cursor.Table);
            if (page.Count < PageEntries) return rows;
        }
    }

    private Task EndRepairAsync(RelayCursor cursor, CancellationToken cancellationToken) =>
        AtReceiverAsync((receiver, token) => receiver.MergeAsync([], cursor with { RepairPending = false }, token), cancellationToken);

    /// <summary>Fetches what the receiver lacks of a page. The cursor moves with the last of it, or after all of it.</summary>
    private async Task<long> FetchAsync(Table table, IReadOnlyList<FeedEntry> page, RelayCursor? cursor, CancellationToken cancellationToken)
    {
        IReadOnlyList<RowReference> missing = page.Count == 0 ? [] :
            await AtReceiverAsync((receiver, token) => receiver.Store.FindMissingAsync(table, [.. page.Select(entry => entry.Reference)], token), cancellationToken).ConfigureAwait(false);
        var at = 0;
        do
        {
            var chunks = missing.Skip(at).Take(_chunkRows * LanesOf(table)).Chunk(_chunkRows).ToList();
            at += chunks.Sum(chunk => chunk.Length);
            var last = at >= missing.Count ? cursor : null;
            var started = _time.GetTimestamp();
            var brought = await Task.WhenAll(chunks.Select(chunk => BringAsync(table, chunk, chunks.Count == 1 ? last : null, cancellationToken))).ConfigureAwait(false);
            // Of several transactions none may move the cursor past the rows of another.
            if (chunks.Count != 1) await MergeAsync([], last, cancellationToken).ConfigureAwait(false);
            var (rows, bytes) = (brought.Sum(chunk => chunk.Rows), brought.Sum(chunk => chunk.Bytes));
            if (rows == 0) continue;
            var gaveWay = await _giveWay(_time.GetElapsedTime(started), cancellationToken).ConfigureAwait(false);
            _lanes = gaveWay ? 1 : LanesMax;
            _chunkRows = (int)Math.Clamp(BytesMax / (bytes / rows + 1), 1, gaveWay ? FirstChunkRows : PageEntries / LanesMax);
        }
        while (at < missing.Count);
        return missing.Count;
    }

    // What an erasure or a revision changes beside its own row, another one may change too.
    private int LanesOf(Table table) => table == Tables.Erasures || table == Tables.Revisions ? 1 : _lanes;

    private async Task<(int Rows, long Bytes)> BringAsync(Table table, IReadOnlyList<RowReference> chunk, RelayCursor? cursor, CancellationToken cancellationToken)
    {
        var rows = await AtSourceAsync((source, token) => source.ReadRowsAsync(table, chunk, token), cancellationToken).ConfigureAwait(false);
        await MergeAsync(rows, cursor, cancellationToken).ConfigureAwait(false);
        return (rows.Count, rows.Sum(row => (long)row.Size));
    }

    /// <summary>Of what is refused, halves until the refused rows stand alone; those are parked.</summary>
    private async Task MergeAsync(IReadOnlyList<Row> rows, RelayCursor? cursor, CancellationToken cancellationToken)
    {
        try
        {
            await AtReceiverAsync((receiver, token) => receiver.MergeAsync(rows, cursor, token), cancellationToken).ConfigureAwait(false);
        }
        catch (AttemptFailedException e) when (e.InnerException is RowRefusedException && rows.Count > 0)
        {
            if (rows.Count == 1) await AtReceiverAsync((receiver, token) => receiver.RejectAsync(rows[0], e.InnerException.Message, _time.GetUtcNow(), token), cancellationToken).ConfigureAwait(false);
            else
            {
                await MergeAsync([.. rows.Take(rows.Count / 2)], null, cancellationToken).ConfigureAwait(false);
                await MergeAsync([.. rows.Skip(rows.Count / 2)], null, cancellationToken).ConfigureAwait(false);
            }
            await AtReceiverAsync((receiver, token) => receiver.MergeAsync([], cursor, token), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<long> RetryRejectsAsync(CancellationToken cancellationToken)
    {
        var accepted = 0;
        var parked = await AtReceiverAsync((receiver, token) => receiver.ReadRejectsAsync(token), cancellationToken).ConfigureAwait(false);
        foreach (var group in parked.GroupBy(reject => reject.Table))
        {
            var rows = await AtSourceAsync((source, token) => source.ReadRowsAsync(group.Key, [.. group.Select(reject => reject.Row)], token), cancellationToken).ConfigureAwait(false);
            foreach (var row in rows)
            {
                try
                {
                    await AtReceiverAsync((receiver, token) => receiver.AcceptAsync(row, token), cancellationToken).ConfigureAwait(false);
                    accepted++;
                }
                catch (AttemptFailedException e) when (e.InnerException is RowRefusedException)
                {
                    // Still refused; it stays on the list.
                }
            }
        }
        return accepted;
    }

    /// <summary>
    /// A transaction that stays open at the source holds its feed back. What others have committed beyond it is brought over all
    /// the same; the cursor stays, so that nothing is passed over when the transaction ends.
    /// </summary>
    private async Task<string?> OvertakeAsync(IReadOnlyList<TableNews> news, CancellationToken cancellationToken)
    {
        var (now, horizon) = (_time.GetUtcNow(), news[0].Horizon);
        if (_held.Horizon != horizon) _held = (horizon, now);
        if (now - _held.Since < HeldBackMax || !news.Any(table => table.IsHeldBack)) return null;
        foreach (var (table, cursor) in news.Where(table => table.IsHeldBack).Select(table => (table.Cursor.Table, table.Cursor)))
        {
            while (true)
            {
                var after = _ahead.GetValueOrDefault(table, cursor.Position);
                var page = await AtSourceAsync((source, token) => source.ReadFeedAsync(table, after, PageEntries, withUnsettled: true, token), cancellationToken).ConfigureAwait(false);
                if (page.Count == 0) break;
                await FetchAsync(table, page, cursor: null, cancellationToken).ConfigureAwait(false);
                _ahead[table] = page[^1].Position;
            }
        }
        return await AtSourceAsync(RelaySource.HeldBackByAsync, cancellationToken).ConfigureAwait(false);
    }

    private Task<T> AtSourceAsync<T>(Func<PostgresStore, CancellationToken, Task<T>> work, CancellationToken cancellationToken) => AtAsync(_source, work, cancellationToken);

    private Task<T> AtReceiverAsync<T>(Func<RelayReceiver, CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        AtAsync(_receiver, (store, token) => work(new RelayReceiver(store, _source.Name), token), cancellationToken);

    // Asked before every step: a backfill takes long, and one that was drained in the middle of it is left alone.
    private async Task<T> AtAsync<T>(Provider provider, Func<PostgresStore, CancellationToken, Task<T>> work, CancellationToken cancellationToken) => provider.IsDrained
        ? throw new AttemptFailedException(provider.Name, new Failure(AttemptOutcome.NotExecuted, FailureCause.Down, "it was drained"), TimeSpan.Zero, new OperationCanceledException("drained"))
        : await provider.AskOfAllAsync(work, _timeout, cancellationToken).ConfigureAwait(false);

    private Task AtReceiverAsync(Func<RelayReceiver, CancellationToken, Task> work, CancellationToken cancellationToken) => AtReceiverAsync(async (receiver, token) =>
    {
        await work(receiver, token).ConfigureAwait(false);
        return true;
    }, cancellationToken);
}
