using Holdfast.Providers;
using Holdfast.Rows;
using Holdfast.Stores.Postgres;

namespace Holdfast.Relay;

/// <summary>How one direction between two providers stands.</summary>
/// <param name="Source">Where rows come from.</param>
/// <param name="Receiver">Where they go.</param>
/// <param name="State"><c>equal</c>, <c>behind</c>, <c>copying</c> (not read to the end yet), <c>never ran</c>, or <c>unknown</c>.</param>
/// <param name="EntriesToRead">Entries of the source's feed that the receiver has not looked at; most are there already, since every writer pushes. At most 100,000 a table are counted. Null: unknown.</param>
/// <param name="OldestSeconds">How old the oldest of them is.</param>
/// <param name="PulledRows">Rows that the receiver lacked and got this way, since the beginning.</param>
/// <param name="PulledAt">The last round.</param>
/// <param name="IsLeased">A process looks after it.</param>
/// <param name="Rejects">Rows that the receiver refuses.</param>
/// <param name="HeldBackBy">The transaction at the source that keeps its feed from going on.</param>
/// <param name="Error">What ended the last round, or keeps this from being known.</param>
internal sealed record RelayLinkStatus(
    string Source, string Receiver, string State, long? EntriesToRead, double? OldestSeconds, long PulledRows, DateTimeOffset? PulledAt, bool IsLeased, long Rejects, string? HeldBackBy, string? Error)
{
    private const long CountMax = 100_000;

    /// <summary>Asks both ends of every direction; what does not answer is unknown.</summary>
    public static async Task<IReadOnlyList<RelayLinkStatus>> ReadAsync(ProviderAccess set, CancellationToken cancellationToken) => await Task.WhenAll(
        from source in set.Providers from receiver in set.Providers where source != receiver select ReadAsync(source, receiver, set.Settings, cancellationToken)).ConfigureAwait(false);

    private static async Task<RelayLinkStatus> ReadAsync(Provider source, Provider receiver, ProviderSetSettings settings, CancellationToken cancellationToken)
    {
        var unknown = new RelayLinkStatus(source.Name, receiver.Name, "unknown", null, null, 0, null, false, 0, null, null);
        try
        {
            var timeout = settings.Options.AttemptTimeout;
            var state = await receiver.AskOfAllAsync(async (store, token) => await store.QueryAsync(RelayStatements.State, [source.Name], row => unknown with
            {
                PulledAt = row.TimeOrNull(0), PulledRows = row.Integer(1), HeldBackBy = row.TextOrNull(2), Error = row.TextOrNull(3), IsLeased = row.Boolean(4), Rejects = row.Integer(5), State = row.Boolean(6) ? "copying" : "",
            }, token).FirstOrDefaultAsync(token).ConfigureAwait(false), timeout, cancellationToken).ConfigureAwait(false);
            if (state is null) return unknown with { State = "never ran" };
            var cursors = await receiver.AskOfAllAsync((store, token) => new RelayReceiver(store, source.Name).ReadCursorsAsync(token), timeout, cancellationToken).ConfigureAwait(false);
            var (entries, oldest) = await source.AskOfAllAsync((store, token) => LagAsync(store, cursors, token), timeout, cancellationToken).ConfigureAwait(false);
            return state with
            {
                State = state.State.Length > 0 ? state.State : entries == 0 ? "equal" : "behind",
                EntriesToRead = entries,
                OldestSeconds = oldest is { } stamp ? Math.Max(0, (settings.Time.GetUtcNow().ToUnixTimeMilliseconds() - stamp.Millisecond) / 1000.0) : null,
            };
        }
        catch (AttemptFailedException e)
        {
            return unknown with { Error = e.Message };
        }
    }

    private static async Task<(long Entries, Stamp? Oldest)> LagAsync(PostgresStore source, Dictionary<Table, RelayCursor> cursors, CancellationToken cancellationToken)
    {
        var (entries, oldest) = (0L, (Stamp?)null);
        foreach (var table in Tables.Appends)
        {
            var position = cursors.TryGetValue(table, out var cursor) ? cursor.Position : Stores.FeedPosition.Start;
            var lag = await source.QueryAsync(RelayStatements.Lag(table), [PostgresTypes.One(ColumnType.Position, position.Feed), position.TenantId, position.Id, CountMax],
                row => (Count: row.Integer(0), Oldest: row.UuidOrNull(1)), cancellationToken).FirstAsync(cancellationToken).ConfigureAwait(false);
            entries += lag.Count;
            if (lag.Oldest is { } stamp && (oldest is null || new Stamp(stamp) < oldest)) oldest = new Stamp(stamp);
        }
        return (entries, oldest);
    }
}
