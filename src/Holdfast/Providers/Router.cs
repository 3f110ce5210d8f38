using Holdfast.Rows;

namespace Holdfast.Providers;

/// <summary>
/// Chooses the primary: the first writable provider in the order (or the nearest), kept until it fails. It goes back to a
/// better one only when that one has been caught up and healthy for a while, so that a flapping provider moves nobody.
/// </summary>
internal sealed class Router
{
    /// <summary>Another provider takes over for its nearness only when it needs less than this share of the primary's time.</summary>
    private const double NearerShare = 0.7;

    private readonly IReadOnlyList<Provider> _providers;
    private readonly FailoverOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<Provider, bool> _isBehind;
    private readonly Lock _lock = new();
    private Route _route;

    public Router(IReadOnlyList<Provider> providers, FailoverOptions options, TimeProvider time, Func<Provider, bool> isBehind)
    {
        _providers = providers;
        _options = options;
        _time = time;
        _isBehind = isBehind;
        _route = new Route(providers[0], time.GetUtcNow(), IsFailover: false);
        foreach (var provider in providers) provider.Changed += (_, _) => Evaluate();
    }

    public Route Route => Volatile.Read(ref _route);

    /// <summary>The provider that the operator asked for.</summary>
    public string? Use { get; set; }

    public event EventHandler<RouteChange>? Changed;

    /// <summary>Who may take a write, the primary first.</summary>
    public List<Provider> WriteOrder() => Order(provider => provider.IsWritable);

    /// <summary>Who may answer a read, the primary first.</summary>
    public List<Provider> ReadOrder() => Order(provider => provider.IsReadable);

    /// <summary>Looks whether another provider should lead.</summary>
    public void Evaluate()
    {
        RouteChange? change = null;
        lock (_lock)
        {
            var current = _route.Primary;
            var (next, cause) = Choose(current);
            var isFailover = next is null || next.IsLacking || next != Preferred();
            if (next != current)
            {
                var now = _time.GetUtcNow();
                change = new RouteChange(current, next, cause, current?.Health.LastFailure?.Message, IsPlanned(cause) ? null : current?.Health.FailingSince, now);
                Volatile.Write(ref _route, new Route(next, now, isFailover));
            }
            else if (isFailover != _route.IsFailover)
            {
                Volatile.Write(ref _route, _route with { IsFailover = isFailover });
            }
        }
        if (change is not null) Changed?.Invoke(this, change);
    }

    private static bool IsPlanned(string cause) => cause is "failback" or "use" or "nearer" or "drained" or "lacking";

    private (Provider? Next, string Cause) Choose(Provider? current)
    {
        var best = Best();
        if (current is null) return (best, best is null ? "" : "recovered");
        if (!current.IsWritable)
            return (best, current.IsDrained ? "drained" : EnumText<Failures.FailureCause>.Of(current.Health.Problem?.Cause ?? Failures.FailureCause.Down));
        // What it lacks was acknowledged once: its answers would deny that.
        if (current.IsLacking && best is { IsLacking: false }) return (best, "lacking");
        if (best is null || best == current || _isBehind(best)) return (current, "");
        if (best.Name == Use) return (best, "use");
        if (best.Health.UsableSince is not { } since || _time.GetUtcNow() - since < _options.FailbackAfter) return (current, "");
        return (best, _options.Routing == ProviderRouting.Nearest && best.Index > current.Index ? "nearer" : "failback");
    }

    private Provider? Best()
    {
        var writable = _providers.Where(provider => provider.IsWritable).ToList();
        if (writable.Exists(provider => !provider.IsLacking)) writable.RemoveAll(provider => provider.IsLacking);
        // When somebody has to take over now, one that has all rows is better than one that comes first.
        if (_route.Primary is not { IsWritable: true } && writable.Exists(provider => !_isBehind(provider))) writable.RemoveAll(provider => _isBehind(provider));
        if (writable.Find(provider => provider.Name == Use) is { } asked) return asked;
        if (_options.Routing == ProviderRouting.Nearest && Nearest(writable) is { } nearest) return nearest;
        return writable.Count > 0 ? writable[0] : null;
    }

    private Provider? Preferred()
    {
        if (_providers.FirstOrDefault(provider => provider.Name == Use) is { } asked) return asked;
        return _options.Routing == ProviderRouting.Nearest ? Best() : _providers.FirstOrDefault(provider => !provider.IsDrained) ?? _providers[0];
    }

    private Provider? Nearest(List<Provider> writable)
    {
        static TimeSpan Latency(Provider provider) => provider.ProbeLatency.Percentile(0.5) ?? TimeSpan.MaxValue;
        var nearest = writable.MinBy(Latency);
        var current = _route.Primary is { IsWritable: true } primary ? primary : null;
        return current is null || nearest is null || Latency(nearest) < Latency(current) * NearerShare ? nearest : current;
    }

    private List<Provider> Order(Func<Provider, bool> may)
    {
        var order = new List<Provider>(_providers.Count);
        var primary = Route.Primary;
        if (primary is not null && may(primary)) order.Add(primary);
        foreach (var isLacking in (ReadOnlySpan<bool>)[false, true])
            foreach (var provider in _providers)
                if (provider != primary && provider.IsLacking == isLacking && may(provider)) order.Add(provider);
        return order;
    }
}
