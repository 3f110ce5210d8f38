using Holdfast.Providers.Failures;
using Holdfast.Providers.Probing;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;

namespace Holdfast.Providers;

/// <summary>
/// Looks after one provider: at its turn, and at once when the traffic suspects it. Traffic that went well counts as a probe.
/// Stale health never blocks a call.
/// </summary>
internal sealed class ProviderProbe(Provider provider, ProbeLadder ladder, Func<bool> isBackup, Func<CancellationToken, Task> welcome, ProviderSetSettings settings)
{
    private static readonly Statement One = new("select 1");

    /// <summary>The smallest question.</summary>
    public static async Task<bool> ReadAsync(PostgresStore store, CancellationToken cancellationToken) =>
        await store.QueryAsync(One, [], _ => true, cancellationToken).FirstAsync(cancellationToken).ConfigureAwait(false);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var suspected = new SemaphoreSlim(0);
        void OnSuspected(object? sender, EventArgs e)
        {
            // One look is enough for all that suspect it meanwhile.
            lock (suspected)
                if (suspected.CurrentCount == 0) suspected.Release();
        }

        provider.Suspected += OnSuspected;
        try
        {
            while (true)
            {
                await TurnAsync(suspected, cancellationToken).ConfigureAwait(false);
                await ProbeAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            provider.Suspected -= OnSuspected;
        }
    }

    private async Task TurnAsync(SemaphoreSlim suspected, CancellationToken cancellationToken)
    {
        var before = Pace();
        if (before != ProbePace.Refused) await suspected.WaitAsync(Next(before), cancellationToken).ConfigureAwait(false);
        // Traffic may have had its password refused meanwhile: the pause begins with that, and no suspicion ends it.
        if (Pace() == ProbePace.Refused) await Task.Delay(Next(ProbePace.Refused), settings.Time, cancellationToken).ConfigureAwait(false);
    }

    private ProbePace Pace() => ProbeSchedule.PaceOf(provider.Health.LastFailure, MaySleep());

    private TimeSpan Next(ProbePace pace) => ProbeSchedule.Next(pace, settings.Options, Random.Shared.NextDouble());

    // A backup that suspends when it is idle stays asleep as long as nothing is written; what is written wakes it anyway.
    private bool MaySleep() => isBackup() && (provider.Health.LastFailure?.Cause == FailureCause.Asleep
        || provider.Suspends && settings.Time.GetUtcNow() - provider.Health.LastSuccessAt > settings.Options.ProbeIntervalAsleep);

    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        if (provider is { Health: { LastFailure: null, IsSuspect: false, WriteRefusal: null }, Breaker.IsOpen: false, Store: not null }
            && settings.Time.GetUtcNow() - provider.Health.LastSuccessAt < settings.Options.ProbeInterval) return;
        var report = await ladder.RunAsync(cancellationToken).ConfigureAwait(false);
        if (report.Latency is { } latency) provider.ProbeLatency.Record(latency);
        if (report.Failure is { } failure) await provider.FailProbeAsync(failure with { Message = $"{StepName(report)}: {failure.Message}" }).ConfigureAwait(false);
        else
        {
            if (provider.Breaker.IsOpen) await welcome(cancellationToken).ConfigureAwait(false);
            await provider.RecoverAsync(tookOurRows: false).ConfigureAwait(false);
        }
    }

    private static string StepName(ProbeReport report) => report.FailedStep!.Step.ToString().ToLowerInvariant();
}
