namespace Holdfast.Providers;

/// <summary>
/// Work that goes on as long as a set is open. Nothing that one turn throws ends it: a probe that has ended never closes a
/// breaker again, a push that has ended never empties the spool.
/// </summary>
internal static class BackgroundLoop
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <param name="turn">One turn; false: there is nothing more to do.</param>
    /// <param name="failed">Told what a turn threw.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stopping">Ends the loop.</param>
    public static async Task RunAsync(Func<CancellationToken, Task<bool>> turn, Action<Exception> failed, TimeProvider time, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (!await turn(stopping).ConfigureAwait(false)) return;
                continue;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The last place: what it was is reported, and the next turn may go well.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failed(e);
            }
            try
            {
                await Task.Delay(Pause, time, stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>A turn at once and then one a period.</summary>
    public static async Task EveryAsync(TimeSpan period, Func<CancellationToken, Task> work, Action<Exception> failed, TimeProvider time, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(period, time);
        var isFirst = true;
        await RunAsync(async token =>
        {
            if (!isFirst && !await timer.WaitForNextTickAsync(token).ConfigureAwait(false)) return false;
            isFirst = false;
            await work(token).ConfigureAwait(false);
            return true;
        }, failed, time, stopping).ConfigureAwait(false);
    }
}
