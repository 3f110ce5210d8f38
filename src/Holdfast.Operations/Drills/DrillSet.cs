using Holdfast.Providers.Configuration;
using Npgsql;

namespace Holdfast.Operations.Drills;

/// <summary>The providers as a drill opens them: each as configured, but the one that is cut off through a proxy of this process.</summary>
internal sealed class DrillSet : IAsyncDisposable
{
    private readonly string _home;

    private DrillSet(HoldfastOptions options, FaultProxy proxy, string home, IReadOnlyList<string> notes) =>
        (Options, Proxy, _home, Notes) = (options, proxy, home, notes);

    public HoldfastOptions Options { get; }

    public FaultProxy Proxy { get; }

    public IReadOnlyList<string> Notes { get; }

    /// <exception cref="HoldfastException">The provider is reached by a socket file: there is no way through a proxy.</exception>
    public static DrillSet Create(HoldfastOptions from, IReadOnlyList<ProviderOptions> providers, string name, string tenant)
    {
        var victim = providers.Single(provider => provider.Name == name);
        var settings = ProviderEndpoints.Work(victim);
        var (host, port) = Address(settings);
        if (host.StartsWith('/') || host.StartsWith('@')) throw new HoldfastException($"{name} is reached by a socket file ({host}): a drill needs an address that a proxy can stand before. Use its host name.");
        var proxy = FaultProxy.Start(host, port, from.TimeProvider);
        // A folder of its own: the drill neither sends other processes' rows nor shows itself to them, and its spool goes with it.
        var home = Directory.CreateTempSubdirectory("holdfast-drill-").FullName;
        var options = new HoldfastOptions { Home = home, TenantId = tenant, Schema = from.Schema, TimeProvider = from.TimeProvider };
        foreach (var provider in providers) options.Providers.Add(provider == victim ? Through(provider, settings, host, proxy.Port) : provider);
        var notes = CopyFailover(from.Failover, options.Failover);
        if (settings.Host!.Contains(',', StringComparison.Ordinal)) notes.Add($"Of {name}'s hosts only the first, {host}, was used.");
        return new DrillSet(options, proxy, home, notes);
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync().ConfigureAwait(false);
        Directory.Delete(_home, recursive: true);
    }

    private static ProviderOptions Through(ProviderOptions provider, NpgsqlConnectionStringBuilder settings, string host, int port)
    {
        var through = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Host = "127.0.0.1", Port = port, SslMode = settings.SslMode };
        return new ProviderOptions
        {
            Name = provider.Name, Connection = through.ConnectionString, ControlConnection = through.ConnectionString, PoolSizeMax = provider.PoolSizeMax,
            ConnectTimeout = provider.ConnectTimeout, CommandTimeout = provider.CommandTimeout, CertificateHost = host,
            RelayConnection = ProviderEndpoints.Relay(provider) is { } relay ? new NpgsqlConnectionStringBuilder(relay.ConnectionString) { Host = "127.0.0.1", Port = port, SslMode = relay.SslMode }.ConnectionString : null,
        };
    }

    private static (string Host, int Port) Address(NpgsqlConnectionStringBuilder settings)
    {
        var first = settings.Host!.Split(',')[0].Trim();
        return first.Split(':') is [var host, var port] && int.TryParse(port, out var number) ? (host, number) : (first, settings.Port);
    }

    private static List<string> CopyFailover(FailoverOptions from, FailoverOptions to)
    {
        (to.Routing, to.WriteConcern) = (from.Routing, from.WriteConcern);
        (to.HedgeDelayMin, to.HedgeDelayMax, to.HedgeShareMax) = (from.HedgeDelayMin, from.HedgeDelayMax, from.HedgeShareMax);
        (to.AcknowledgeLocallyAfter, to.AttemptTimeout, to.CallTimeout, to.ProbeInterval) = (from.AcknowledgeLocallyAfter, from.AttemptTimeout, from.CallTimeout, from.ProbeInterval);
        var notes = new List<string>();
        // What waits on purpose would only make the drill long; what is measured stays as configured.
        to.FailbackAfter = from.FailbackAfter < FailbackAfterMax ? from.FailbackAfter : FailbackAfterMax;
        if (to.FailbackAfter != from.FailbackAfter)
            notes.Add(FormattableString.Invariant($"In the drill a provider leads again when it was well for {to.FailbackAfter.TotalSeconds:0.#} s; in service it is {from.FailbackAfter.TotalSeconds:0.#} s."));
        return notes;
    }

    private static readonly TimeSpan FailbackAfterMax = TimeSpan.FromSeconds(1);
}
