namespace Holdfast.Providers;

/// <summary>
/// When a call that waits goes to the next provider too, and how many may: a hedge doubles the work, and a set that hedges
/// everything under load makes the load worse (Dean and Barroso, "The Tail at Scale", 2013).
/// </summary>
internal sealed class HedgeBudget(FailoverOptions options)
{
    private const double SavedMax = 20;

    private readonly Lock _lock = new();
    private double _saved = 1;

    /// <summary>Each call saves up a share of a hedge.</summary>
    public void Count()
    {
        lock (_lock) _saved = Math.Min(SavedMax, _saved + options.HedgeShareMax);
    }

    public bool MayHedge(Provider provider)
    {
        if (provider.Health.IsSuspect) return true;
        lock (_lock) return _saved >= 1;
    }

    public void Spend(Provider provider)
    {
        if (provider.Health.IsSuspect) return;
        lock (_lock) _saved = Math.Max(0, _saved - 1);
    }

    /// <summary>How long to wait for this provider before the next one is asked as well.</summary>
    public TimeSpan Delay(Provider provider, LatencyWindow latency)
    {
        if (provider.Health.IsSuspect) return options.HedgeDelayMin;
        // Without experience the upper bound: a new connection takes longer than anything that follows.
        var usual = latency.Percentile(0.99) ?? options.HedgeDelayMax;
        return usual < options.HedgeDelayMin ? options.HedgeDelayMin : usual > options.HedgeDelayMax ? options.HedgeDelayMax : usual;
    }
}
