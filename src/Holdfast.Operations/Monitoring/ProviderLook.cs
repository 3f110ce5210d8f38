using Holdfast.Providers;
using Holdfast.Providers.Configuration;
using Holdfast.Providers.Probing;
using Holdfast.Rows;
using Holdfast.Stores.Postgres;
using Holdfast.Stores.Queries;

namespace Holdfast.Operations.Monitoring;

/// <summary>What one look at a provider found.</summary>
/// <param name="Probe">The rungs.</param>
/// <param name="Counts">Rows and bytes by table; null: not asked, or no answer in time.</param>
/// <param name="RelayProblem">Why the relay's own log-in cannot be used; null: it can, or there is none.</param>
internal sealed record ProviderSight(ProbeReport Probe, IReadOnlyDictionary<string, (long Rows, long? Bytes)>? Counts, string? RelayProblem = null);

/// <summary>Looks at one provider within a short time, on connections of its own: a dead one delays nobody.</summary>
internal sealed class ProviderLook(ProviderOptions provider, HoldfastOptions options)
{
    private static readonly ProbeDeadlines Deadlines = new(TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(2.5));
    private static readonly TimeSpan CountsMax = TimeSpan.FromSeconds(2.5);

    public async Task<ProviderSight> LookAsync(bool withTables, CancellationToken cancellationToken)
    {
        var probe = await new ProbeLadder(provider.Name, ProviderEndpoints.Work(provider), options.Schema, options.TimeProvider, Deadlines).RunAsync(cancellationToken).ConfigureAwait(false);
        // One that refuses the password is not asked a second time: some ban the address after two.
        if (!Answers(probe)) return new(probe, null);
        // Rows are counted with the relay's log-in: where that cannot be used, a second try would tell nothing more.
        if ((await RelayTrial.RunAsync(provider, options.Schema, probe, Deadlines.Step, options.TimeProvider, cancellationToken).ConfigureAwait(false)).Problem is { } problem) return new(probe, null, problem);
        return new(probe, withTables ? await CountAsync(cancellationToken).ConfigureAwait(false) : null);
    }

    /// <summary>True when it answered a query.</summary>
    public static bool Answers(ProbeReport probe) => probe.Steps.Any(step => step is { Step: ProbeStep.Read, State: ProbeState.Passed });

    /// <summary>Rows and bytes of every table; null: no answer in time.</summary>
    public async Task<IReadOnlyDictionary<string, (long Rows, long? Bytes)>?> CountAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(CountsMax);
        var work = CountedAsync(deadline.Token);
        try
        {
            return await work.WaitAsync(CountsMax, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HoldfastException or TimeoutException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // Unknown, and the probe says why. A frozen server keeps its connection for longer than anybody waits.
            _ = work.ContinueWith(static late => _ = late.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return null;
        }
    }

    private async Task<IReadOnlyDictionary<string, (long Rows, long? Bytes)>> CountedAsync(CancellationToken cancellationToken)
    {
        var store = await ProviderConnections.ConnectToAllAsync(provider, options, new Clock(options.TimeProvider), cancellationToken).ConfigureAwait(false);
        await using var _ = store.ConfigureAwait(false);
        return await StatusQueries.CountsAsync(store, cancellationToken).ToDictionaryAsync(count => count.Table, count => (count.Rows, count.Bytes), cancellationToken: cancellationToken).ConfigureAwait(false);
    }
}
