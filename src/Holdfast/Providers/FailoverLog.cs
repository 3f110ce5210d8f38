using Holdfast.Rows;

namespace Holdfast.Providers;

/// <summary>Writes every change of route as a row of <c>failover_events</c>, with its cause and how long it took.</summary>
internal sealed class FailoverLog(Clock clock, string tenantId, TimeProvider time, Func<Row, Task> write, Func<Provider, CancellationToken, Task> firstSuccess)
{
    /// <summary>How long the first success at the new primary is waited for before the row is written without its time.</summary>
    private static readonly TimeSpan SwitchMax = TimeSpan.FromSeconds(5);

    public async Task AddAsync(RouteChange change, CancellationToken cancellationToken)
    {
        var detection = change.FailingSince is { } since ? (long?)(change.At - since).TotalMilliseconds : null;
        var content = JsonContent.Object(("detail", change.Detail is null ? null : JsonText.Quote(change.Detail)));
        var draft = new RowDraft(Tables.FailoverEvents,
            [change.From?.Name ?? "local", change.To?.Name ?? "local", change.Cause, detection, await SwitchAsync(change, cancellationToken).ConfigureAwait(false), content])
        { OccurredAt = Timestamps.ToMicroseconds(change.At) };
        // The same row each time: an attempt whose outcome is unknown may have been done.
        var row = draft.ToRow(tenantId, clock.Next(), clock.Now);
        while (true)
        {
            try
            {
                await write(row).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (e is WritesFrozenException or StoreUnavailableException)
            {
                await Task.Delay(SwitchMax, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<long?> SwitchAsync(RouteChange change, CancellationToken cancellationToken)
    {
        // The local file needs no switching: the write that found no provider was answered by it.
        if (change.To is not { } to) return 0;
        try
        {
            await firstSuccess(to, cancellationToken).WaitAsync(SwitchMax, time, cancellationToken).ConfigureAwait(false);
            return (long)(time.GetUtcNow() - change.At).TotalMilliseconds;
        }
        catch (Exception e) when (e is TimeoutException or AttemptFailedException or OperationCanceledException)
        {
            // The new primary fails as well, or this process closes: the change was made all the same.
            return null;
        }
    }
}
