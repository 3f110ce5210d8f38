using System.Net.Sockets;
using System.Security.Authentication;
using Holdfast.Providers.Configuration;
using Holdfast.Providers.Failures;
using Holdfast.Providers.Probing;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Access.Tls;

/// <summary>Looks at how a provider's connections are protected: by a handshake of its own, by a log-in, and by what the server says of those that live.</summary>
internal sealed class TlsCheck(TimeProvider time, IResolver? resolver = null)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    /// <summary>A provider's report; that it is not reached stands in it.</summary>
    /// <exception cref="InvalidInputException">Its <c>sslrootcert</c> cannot be read.</exception>
    public async Task<TlsReport> RunAsync(ProviderOptions provider, CancellationToken cancellationToken)
    {
        var settings = ProviderEndpoints.Work(provider);
        var roots = TrustedRoots.Read(settings, provider.Name);
        // Each of several hosts: the one that is asked after a failover, too.
        var hosts = await Task.WhenAll(PostgresHosts.Of(settings).Select(place => LookAsync(PostgresHosts.At(settings, place.Host, place.Port), roots, provider.CertificateHost, cancellationToken))).ConfigureAwait(false);
        var mode = ModeOf(settings, isPinned: Array.TrueForAll(hosts, host => host.IsPinned || host.Problem is not null) && hosts.Any(host => host.IsPinned));
        if (Array.TrueForAll(hosts, host => host.Problem is not null)) return new TlsReport(provider.Name, [mode, .. Others(provider)]) { Unreachable = hosts.Length == 0 ? "the connection names no host" : hosts[0].Problem };
        var (sessions, loggedIn) = hosts.Any(host => host.HasTls) ? await LogInAsync(settings, provider.CertificateHost, cancellationToken).ConfigureAwait(false) : (null, false);
        TlsPoint[] others = [.. Others(provider)];
        var points = hosts.SelectMany(host => Of(host, loggedIn).Select(point => hosts.Length == 1 ? point : point with { Detail = $"{host.Place}: {point.Detail}" }));
        return new TlsReport(provider.Name, [mode, .. others, .. points, .. sessions is null ? (TlsPoint[])[] : [sessions]]) { DaysLeft = hosts.Min(host => host.DaysLeft) };
    }

    /// <summary>The connections beside the one that work goes over: they carry all tenants' rows, and an administrator's password.</summary>
    private static IEnumerable<TlsPoint> Others(ProviderOptions provider)
    {
        if (provider.ControlConnection is not null && TransportSecurity.Weakness(ProviderEndpoints.Control(provider)) is { } control) yield return new("control", TlsVerdict.Failed, "the control connection is not protected", control);
        if (ProviderEndpoints.Relay(provider) is { } settings && TransportSecurity.Weakness(settings) is { } relay) yield return new("relay", TlsVerdict.Failed, "the relay's connection is not protected", relay);
    }

    /// <summary>What a handshake with one host shows. Whether the channel is bound depends on a log-in, too.</summary>
    private sealed record HostLook(string Place, IReadOnlyList<TlsPoint> Points)
    {
        public string? Problem { get; init; }

        public bool HasTls { get; init; }

        public bool IsPinned { get; init; }

        public int? DaysLeft { get; init; }

        public Func<bool, TlsPoint>? Binding { get; init; }
    }

    private static IEnumerable<TlsPoint> Of(HostLook host, bool loggedIn) =>
        host.Problem is { } problem ? [new("host", TlsVerdict.Warning, $"not reached: {problem}", "Look at this host, too, before it is needed: nothing is known of its certificate.")]
        : host.Binding is { } binding ? [.. host.Points, binding(loggedIn)] : host.Points;

    private async Task<HostLook> LookAsync(NpgsqlConnectionStringBuilder settings, TrustedRoots roots, string? certificateHost, CancellationToken cancellationToken)
    {
        var place = PostgresHosts.Text(settings);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Deadline * 2);
        try
        {
            var facts = await ShakeHandsAsync(settings, SslNegotiation.Postgres, certificateHost, limit.Token).ConfigureAwait(false);
            if (facts?.TlsProtocol is null) return new HostLook(place, [NoTls(settings)]);
            return new HostLook(place, [.. TlsJudge.Judge(facts, settings, roots.Pin(facts)), await DirectAsync(settings, certificateHost, limit.Token).ConfigureAwait(false)])
            {
                HasTls = true, IsPinned = roots.Pin(facts), DaysLeft = facts.CertificateDaysLeft, Binding = await BindingAsync(settings, certificateHost, limit.Token).ConfigureAwait(false),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HostLook(place, []) { Problem = FormattableString.Invariant($"no answer within {Deadline.TotalSeconds * 2:0} s") };
        }
        catch (Exception e) when (e is SocketException or IOException or ProbeFailedException)
        {
            return new HostLook(place, []) { Problem = e.Message };
        }
    }

    private static async Task<(TlsPoint? Sessions, bool LoggedIn)> LogInAsync(NpgsqlConnectionStringBuilder settings, string? certificateHost, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Deadline);
        try
        {
            return await LogInCheck.RunAsync(settings, certificateHost, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (new("sessions", TlsVerdict.Warning, FormattableString.Invariant($"no log-in within {Deadline.TotalSeconds:0} s")), false);
        }
    }

    /// <summary>The connection's own setting; what a handshake shows holds only when the connection insists on it.</summary>
    private static TlsPoint ModeOf(NpgsqlConnectionStringBuilder settings, bool isPinned) => isPinned && settings.SslMode == SslMode.VerifyCA
        ? new("mode", TlsVerdict.Good, $"{settings.SslMode}, with the server's own certificate as all that is trusted")
        : TransportSecurity.Weakness(settings) is { } weakness ? new("mode", TlsVerdict.Failed, settings.SslMode.ToString(), weakness)
        : new("mode", TlsVerdict.Good, $"{settings.SslMode}{(TransportSecurity.HasRemoteHost(settings) ? "" : ", this machine")}");

    // On this machine nobody stands in between.
    private static TlsPoint NoTls(NpgsqlConnectionStringBuilder settings) => TransportSecurity.HasRemoteHost(settings) || settings.SslMode is SslMode.Require or SslMode.VerifyCA or SslMode.VerifyFull
        ? new("protocol", TlsVerdict.Failed, "the server has no TLS", "Switch TLS on at the provider (ssl=on with a certificate), or check that host and port are the provider's.")
        : new("protocol", TlsVerdict.NotAsked, "the server has no TLS; it is on this machine");

    private async Task<TlsPoint> DirectAsync(NpgsqlConnectionStringBuilder settings, string? certificateHost, CancellationToken cancellationToken)
    {
        try
        {
            var facts = await ShakeHandsAsync(settings, SslNegotiation.Direct, certificateHost, cancellationToken).ConfigureAwait(false);
            return new("direct", facts is null ? TlsVerdict.NotAsked : TlsVerdict.Good, facts is null ? "not tried" : "offered (one round trip less: sslnegotiation=direct)");
        }
        catch (Exception e) when (e is IOException or AuthenticationException or SocketException)
        {
            return new("direct", TlsVerdict.NotAsked, "not offered (PostgreSQL 17 and newer have it)");
        }
    }

    /// <summary>What the server offers for a log-in over TLS: bound to the channel, nobody who stands in between can pass it on.</summary>
    private async Task<Func<bool, TlsPoint>> BindingAsync(NpgsqlConnectionStringBuilder settings, string? certificateHost, CancellationToken cancellationToken)
    {
        var run = new ProbeRun();
        await using var _ = run.ConfigureAwait(false);
        var network = new NetworkRungs(settings, resolver ?? Resolver.Machine);
        await network.ResolveAsync(run, cancellationToken).ConfigureAwait(false);
        await network.ConnectAsync(run, cancellationToken).ConfigureAwait(false);
        var offer = await AuthenticationOffer.ReadAsync(run.Socket!, certificateHost ?? run.Host, settings, cancellationToken).ConfigureAwait(false);
        return loggedIn => Binding(offer, settings, loggedIn);
    }

    private static TlsPoint Binding(string? offer, NpgsqlConnectionStringBuilder settings, bool loggedIn)
    {
        const string Advice = "Have passwords kept as SCRAM (password_encryption = 'scram-sha-256', then set them again) and scram-sha-256 in pg_hba.conf; a pooler ends TLS itself and may not offer it.";
        if (offer is null) return new("channel binding", TlsVerdict.NotAsked, "the server did not say how it authenticates");
        if (!offer.Contains("SCRAM-SHA-256-PLUS", StringComparison.Ordinal))
            return TlsJudge.Here(new("channel binding", TlsVerdict.Warning, $"the log-in is not bound to the TLS channel: the server asks for {offer}", Advice), settings);
        if (settings.ChannelBinding == ChannelBinding.Disable) return new("channel binding", TlsVerdict.Warning, "SCRAM-SHA-256-PLUS is offered and the connection does not use it", "Take channel_binding=disable out of the connection.");
        // A server offers it to whoever knocks: used it is by a log-in over TLS.
        return loggedIn && settings.SslMode is not (SslMode.Disable or SslMode.Allow) ? new("channel binding", TlsVerdict.Good, "SCRAM-SHA-256-PLUS is offered and used")
            : new("channel binding", TlsVerdict.NotAsked, $"SCRAM-SHA-256-PLUS is offered; {(loggedIn ? "the connection does not ask for TLS" : "no log-in was made")}");
    }

    /// <summary>Null: the host is a socket of this machine.</summary>
    private async Task<ProbeFacts?> ShakeHandsAsync(NpgsqlConnectionStringBuilder settings, SslNegotiation negotiation, string? certificateHost, CancellationToken cancellationToken)
    {
        // Required, so that the handshake is made whatever the connection says; nothing is refused here, only judged.
        var asked = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { SslMode = SslMode.Require, SslNegotiation = negotiation };
        // A mode that checks nothing would name no authority either: the system's is meant.
        if (settings.RootCertificate is { Length: > 0 } root) asked.RootCertificate = root;
        var network = new NetworkRungs(asked, resolver ?? Resolver.Machine);
        var run = new ProbeRun();
        await using var _ = run.ConfigureAwait(false);
        await network.ResolveAsync(run, cancellationToken).ConfigureAwait(false);
        await network.ConnectAsync(run, cancellationToken).ConfigureAwait(false);
        if (run.Socket!.AddressFamily == AddressFamily.Unix) return null;
        try
        {
            await new TlsRung(asked, time, certificateHost).ClimbAsync(run, cancellationToken).ConfigureAwait(false);
        }
        catch (ProbeFailedException e) when (e.Cause == FailureCause.Tls)
        {
            return run.Facts;
        }
        return run.Facts;
    }
}
