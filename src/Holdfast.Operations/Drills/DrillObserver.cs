using Holdfast.Providers;

namespace Holdfast.Operations.Drills;

/// <summary>Notes when the provider set noticed a cut, and who took over.</summary>
internal sealed class DrillObserver
{
    private readonly Provider _provider;
    private readonly Router _router;
    private readonly TimeProvider _time;
    private readonly bool _wasPrimary;
    private long _cut, _noticed, _carried, _detected, _switched;

    public DrillObserver(Provider provider, Router router, DrillWriter writer, TimeProvider time)
    {
        (_provider, _router, _time, _wasPrimary) = (provider, router, time, router.Route.Primary == provider);
        provider.Suspected += (_, _) => Mark(ref _noticed);
        provider.Changed += (_, _) => Look();
        router.Changed += (_, change) => Look(change);
        writer.Wrote += (_, holders) => Look(holders);
    }

    public bool WasPrimary => _wasPrimary;

    /// <summary>Who acknowledged the first write without it.</summary>
    public string? CarriedBy { get; private set; }

    public double? Carried => Since(Volatile.Read(ref _cut), Volatile.Read(ref _carried));

    /// <summary>Who leads after the switch; null: the route was not changed.</summary>
    public string? SwitchedTo { get; private set; }

    public bool IsDetected => Volatile.Read(ref _detected) != 0;

    public double? Noticed => Since(Volatile.Read(ref _cut), First(Volatile.Read(ref _carried), First(Volatile.Read(ref _noticed), Volatile.Read(ref _detected))));

    public double? Detection => Since(Volatile.Read(ref _cut), Volatile.Read(ref _detected));

    public double? Switch => Since(Volatile.Read(ref _detected), Volatile.Read(ref _switched));

    public void Cut() => Volatile.Write(ref _cut, _time.GetTimestamp());

    private void Look()
    {
        if (!_provider.IsWritable) Mark(ref _noticed);
        if (!_wasPrimary && !_provider.IsWritable) Mark(ref _detected);
    }

    private void Look(RouteChange change)
    {
        if (!_wasPrimary || change.From != _provider || Volatile.Read(ref _cut) == 0 || IsDetected) return;
        SwitchedTo = change.To?.Name ?? "local";
        Mark(ref _detected);
    }

    // Before the route is changed it is a hedge that carries a write.
    private void Look(IReadOnlyList<string> holders)
    {
        if (Volatile.Read(ref _cut) != 0 && !holders.Contains(_provider.Name) && Volatile.Read(ref _carried) == 0)
        {
            CarriedBy = holders.Count > 0 ? holders[0] : "local";
            Mark(ref _carried);
        }
        if (_wasPrimary && IsDetected && holders.Any(holder => holder != _provider.Name)) Mark(ref _switched);
    }

    private void Mark(ref long field)
    {
        if (Volatile.Read(ref _cut) != 0) Interlocked.CompareExchange(ref field, _time.GetTimestamp(), 0);
    }

    private static long First(long one, long other) => one == 0 ? other : other == 0 ? one : Math.Min(one, other);

    private double? Since(long from, long to) => from == 0 || to == 0 ? null : Math.Max(0, _time.GetElapsedTime(from, to).TotalMilliseconds);
}
