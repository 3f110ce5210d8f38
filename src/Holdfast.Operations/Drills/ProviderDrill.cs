using Holdfast.Providers;
using Holdfast.Providers.Control;

namespace Holdfast.Operations.Drills;

/// <summary>
/// Cuts one provider off inside this process and measures what an agent would have noticed. The provider itself, its other
/// clients and other processes of Holdfast are not touched: the fault is in a proxy that only this drill goes through.
/// </summary>
internal sealed class ProviderDrill(HoldfastOptions options)
{
    public const string Tenant = "holdfast-drill";

    /// <summary>Writes that are acknowledged before the cut: the first ones open connections and would be measured with it.</summary>
    private const int WritesBefore = 25;

    private static readonly TimeSpan OpenMax = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan FailingMax = TimeSpan.FromSeconds(3);

    private readonly TimeProvider _time = options.TimeProvider;

    /// <summary>Whose rows the drill's are.</summary>
    public string TenantId { get; init; } = Tenant;

    /// <summary>The providers that take part, in their order; all by default.</summary>
    public IReadOnlyList<ProviderOptions> Providers { get; init; } = [.. options.Providers];

    /// <exception cref="StoreUnavailableException">The provider does not take rows before the drill; nothing was cut off.</exception>
    /// <exception cref="WritesFrozenException">All writes are stopped.</exception>
    public async Task<DrillReport> RunAsync(DrillPlan plan, CancellationToken cancellationToken)
    {
        RefuseFrozen();
        var name = plan.Provider ?? Primary;
        if (Providers.All(provider => provider.Name != name))
            throw new InvalidInputException("provider", $"there is no provider '{name}'; there is: {string.Join(", ", Providers.Select(provider => provider.Name))}.");
        var set = DrillSet.Create(options, Providers, name, TenantId);
        await using var _ = set.ConfigureAwait(false);
        var memory = await AgentMemory.OpenAsync(set.Options, cancellationToken).ConfigureAwait(false);
        await using var __ = memory.ConfigureAwait(false);
        return await RunAsync(plan, set, memory, memory.Providers!.Access, name, cancellationToken).ConfigureAwait(false);
    }

    private async Task<DrillReport> RunAsync(DrillPlan plan, DrillSet set, AgentMemory memory, ProviderAccess access, string name, CancellationToken cancellationToken)
    {
        var victim = access.Providers.Single(provider => provider.Name == name);
        // One that wakes from sleep may let the first try wait for too long; it has a few seconds.
        var openedAt = _time.GetTimestamp();
        await Condition.HoldsAsync(() => IsReady(victim) || (victim.Health.LastFailure is not null && _time.GetElapsedTime(openedAt) > FailingMax), OpenMax, _time, cancellationToken).ConfigureAwait(false);
        if (!IsReady(victim))
            throw new StoreUnavailableException($"{name} does not take rows even without a drill ({victim.Health.LastFailure?.Message ?? "no answer"}); see 'holdfast provider test {name}'. Nothing was cut off.");
        var session = await memory.StartSessionAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        var writer = new DrillWriter(session, plan.WriteEvery, _time);
        var observer = new DrillObserver(victim, access.Router, writer, _time);
        using var stop = new CancellationTokenSource();
        var writing = writer.RunAsync(stop.Token);
        try
        {
            var report = await CutAsync(plan, set, access, victim, writer, observer, cancellationToken).ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            await writing.ConfigureAwait(false);
            var written = writer.Acknowledged;
            var counts = await CountAsync(plan, session.Id, [.. written.Select(write => write.Id)], cancellationToken).ConfigureAwait(false);
            return report with
            {
                Acknowledged = written.Count, AcknowledgedLocally = written.Count(write => write.Locally), Failed = writer.Failed, Counts = counts,
                Notes = writer.FirstError is { } error ? [.. set.Notes, $"The first error: {error}"] : set.Notes,
            };
        }
        finally
        {
            // Also when the drill was cancelled: nothing of it goes on behind the operator's back.
            await stop.CancelAsync().ConfigureAwait(false);
            await writing.ConfigureAwait(false);
            set.Proxy.Set(FaultMode.Pass);
            await memory.ForgetSessionAsync(session.Id, CancellationToken.None).ConfigureAwait(false);
            await DeliveredAsync(access).ConfigureAwait(false);
        }
    }

    private async Task<DrillReport> CutAsync(DrillPlan plan, DrillSet set, ProviderAccess access, Provider victim, DrillWriter writer, DrillObserver observer, CancellationToken cancellationToken)
    {
        await Condition.HoldsAsync(() => writer.Acknowledged.Count >= WritesBefore, OpenMax, _time, cancellationToken).ConfigureAwait(false);
        var cutAt = _time.GetTimestamp();
        observer.Cut();
        set.Proxy.Set(Mode(plan.Fault));
        await Task.Delay(plan.CutFor, _time, cancellationToken).ConfigureAwait(false);
        var cut = _time.GetElapsedTime(cutAt);
        set.Proxy.Set(FaultMode.Pass);
        var restoredAt = _time.GetTimestamp();
        var recovered = await WithinAsync(() => victim is { IsWritable: true, Health.IsSuspect: false }).ConfigureAwait(false);
        var failback = observer.WasPrimary ? await WithinAsync(() => access.Router.Route.Primary == victim).ConfigureAwait(false) : null;
        return new DrillReport(victim.Name, plan.Fault, observer.WasPrimary, cut.TotalMilliseconds, observer.Noticed, observer.Carried, observer.CarriedBy, observer.Detection, observer.Switch, observer.SwitchedTo,
            writer.LongestGap(cutAt), recovered, failback, 0, 0, 0, [], set.Notes);

        async Task<double?> WithinAsync(Func<bool> condition) =>
            await Condition.HoldsAsync(condition, plan.RecoveryMax, _time, cancellationToken).ConfigureAwait(false) ? _time.GetElapsedTime(restoredAt).TotalMilliseconds : null;
    }

    // Counted until nothing is missing: the backups get the rows a moment later, and a provider that was away gets them after that.
    private async Task<IReadOnlyList<DrillCount>> CountAsync(DrillPlan plan, string session, IReadOnlyList<Guid> acknowledged, CancellationToken cancellationToken)
    {
        var counter = new DrillCounter(options, TenantId, session);
        return await Task.WhenAll(Providers.Select(async provider =>
        {
            var count = await counter.CountAsync(provider, acknowledged, cancellationToken).ConfigureAwait(false);
            await Condition.HoldsAsync(async () => count.Lost is null or 0 || (count = await counter.CountAsync(provider, acknowledged, cancellationToken).ConfigureAwait(false)).Lost is 0,
                plan.RecoveryMax, _time, cancellationToken).ConfigureAwait(false);
            return count;
        })).ConfigureAwait(false);
    }

    // The drill's spool is deleted with its folder: what it still owed would be lost with it, and that is only the erasure.
    private Task DeliveredAsync(ProviderAccess access) =>
        Condition.HoldsAsync(() => access.Providers.All(provider => !provider.IsWritable || !access.Pushes[provider.Index].IsBehind), OpenMax, _time, CancellationToken.None);

    private void RefuseFrozen()
    {
        if (new ControlFile(HoldfastHome.Resolve(options.Home)).Read() is { FrozenSince: { } since } frozen) throw new WritesFrozenException(since, frozen.ChangedBy);
    }

    // The drill's set knows nothing of what the operator chose, so its primary is the first in the order.
    private string Primary => Providers is [{ Name: var name }, ..] ? name
        : throw new InvalidInputException("provider", "there is none to cut off: the memory is the local file. Set HOLDFAST_PROVIDER_<NAME>.");

    private static bool IsReady(Provider provider) => provider is { IsWritable: true, Store: not null };

    private static FaultMode Mode(DrillFault fault) => fault switch
    {
        DrillFault.Refuse => FaultMode.Reset,
        DrillFault.Blackhole => FaultMode.Blackhole,
        _ => FaultMode.OneWayUp,
    };
}
