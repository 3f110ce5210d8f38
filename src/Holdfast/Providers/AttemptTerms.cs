using Holdfast.Providers.Failures;

namespace Holdfast.Providers;

/// <summary>How one attempt at a provider is made and judged.</summary>
/// <param name="Timeout">It fails when there is no answer by then.</param>
/// <param name="Latency">Where its time is recorded; null: nowhere.</param>
/// <param name="IsOurs">True: what it sends is Holdfast's own, so that a refusal is the provider's fault. False: the caller's.</param>
/// <param name="IsTraffic">True: that it goes well makes a probe superfluous.</param>
internal readonly record struct AttemptTerms(TimeSpan Timeout, LatencyWindow? Latency = null, bool IsOurs = true, bool IsTraffic = true)
{
    /// <summary>What no answer within the limit says.</summary>
    /// <param name="wasSent">It may have reached the server.</param>
    /// <param name="isQueued">Those who were there before have all the connections of this process: it may not even have been sent, and who is slow are we.</param>
    public Failure Silence(bool wasSent, bool isQueued) => new(
        wasSent ? AttemptOutcome.Unknown : AttemptOutcome.NotExecuted, isQueued ? FailureCause.LocalPool : FailureCause.Down, $"no answer within {Timeout.TotalMilliseconds:0} ms");

    /// <summary>
    /// A frozen server does not answer a cancellation either: the wait ends at the limit, and the driver drops the connection when
    /// its own is reached.
    /// </summary>
    /// <exception cref="TimeoutException">The limit is reached.</exception>
    public Task<T> WithinAsync<T>(Task<T> work, TimeProvider time, CancellationToken cancellationToken) =>
        work.IsCompleted ? work : WaitAsync(work, Timeout, time, cancellationToken);

    private static async Task<T> WaitAsync<T>(Task<T> work, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await work.WaitAsync(timeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _ = work.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw;
        }
    }
}
