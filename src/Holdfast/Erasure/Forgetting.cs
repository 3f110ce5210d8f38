using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast.Erasure;

/// <summary>
/// Forgets a user or a session: writes the erasure as every row is written, brings it to each store that answers, sweeps them,
/// and reads each again before it says what became of it.
/// </summary>
internal sealed class Forgetting(MemoryWriter writer, ErasureSweeper? sweeper, Action emptyCaches)
{
    /// <summary>How long the receipt waits for transactions from before the erasure. Those that go on for longer are swept later.</summary>
    private static readonly TimeSpan SettleMax = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan SettlePause = TimeSpan.FromMilliseconds(50);

    public async Task<ForgetReceipt> ForgetAsync(string? userId, string? sessionId, CancellationToken cancellationToken)
    {
        var through = writer.Clock.Next(await FloorAsync(userId, sessionId, cancellationToken).ConfigureAwait(false));
        var erasure = new RowDraft(Tables.Erasures, [through.Value]) { UserId = userId, SessionId = sessionId }.ToRow(writer.TenantId, through, writer.Clock.Now);
        // Who has it stands in the receipt: there is no need to wait for a concern, and its exception would cost the receipt.
        await writer.WriteAsync(erasure, WriteConcern.Available, cancellationToken).ConfigureAwait(false);
        writer.Learn([erasure]);
        emptyCaches();
        var answers = await writer.Store.AskEachAsync((store, token) => SettleAsync(store, erasure, token), mayTakeLong: true, cancellationToken).ConfigureAwait(false);
        var receipt = new ForgetReceipt(userId, sessionId, through, erasure.OccurredAt, [.. answers.Select(Judge)]);
        if (!receipt.IsComplete) sweeper?.Wake();
        return receipt;
    }

    /// <summary>What a forgetting would empty now, in each store.</summary>
    public Task<IReadOnlyList<StoreAnswer<ErasureLook>>> CountAsync(string? userId, string? sessionId, CancellationToken cancellationToken) =>
        writer.Store.AskEachAsync((store, token) => ErasureQueries.CountAsync(store, writer.TenantId, userId, sessionId, token), mayTakeLong: true, cancellationToken);

    public static StoreForgetting Judge(StoreAnswer<ErasureLook> answer) => answer switch
    {
        { Error: { } error } => new(answer.Store, ForgetState.Waiting, null, error.Message),
        { Value: { IsEmptied: true } look } => new(answer.Store, ForgetState.Emptied, look.Rows, null),
        { Value: { IsKnown: false } look } => new(answer.Store, ForgetState.Waiting, look.Rows, "it does not have the erasure"),
        { Value: { IsPending: true } look } => new(answer.Store, ForgetState.Running, look.Rows, "what ran before the erasure has not ended, or the bytes that it left are still being overwritten"),
        { Value: var look } => new(answer.Store, ForgetState.Running, look.Rows, $"{look.RowsWithContent} rows have content again that came past the erasure"),
    };

    /// <summary>At least every stamp in scope that was read or is in a store that answers.</summary>
    private async Task<Stamp> FloorAsync(string? userId, string? sessionId, CancellationToken cancellationToken)
    {
        var floor = writer.Floors.For(userId, sessionId);
        if (!writer.Rules.ErasureCoversWhatIsThere) return floor;
        var newest = await writer.Store.AskEachAsync((store, token) => ErasureQueries.NewestStampAsync(store, writer.TenantId, userId, sessionId, token), mayTakeLong: false, cancellationToken).ConfigureAwait(false);
        return newest.Answered().Aggregate(floor, Stamp.Max);
    }

    // The erasure goes to the store itself, not only on the way of every write: rows that still wait for that store then arrive
    // there as empty, and so does what another process has kept.
    private async Task<ErasureLook> SettleAsync(IRowAccess store, Row erasure, CancellationToken cancellationToken)
    {
        var started = writer.TimeProvider.GetTimestamp();
        await store.MergeAsync([erasure], cancellationToken).ConfigureAwait(false);
        while (true)
        {
            await store.SweepErasuresAsync(cancellationToken).ConfigureAwait(false);
            var look = await ErasureQueries.LookAsync(store, erasure, cancellationToken).ConfigureAwait(false);
            if (look.IsEmptied || writer.TimeProvider.GetElapsedTime(started) > SettleMax) return look;
            await Task.Delay(SettlePause, writer.TimeProvider, cancellationToken).ConfigureAwait(false);
            // Content that came past the erasure: sweep once more.
            if (look is { IsKnown: true, IsPending: false }) await store.MergeAsync([erasure], cancellationToken).ConfigureAwait(false);
        }
    }
}
