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
    public async Task<TlsReport> RunAsync(ProviderOptions provider, CancellationToken cancellationToken)
    {
        var settings = ProviderEndpoints.Work(provider);
        var points = new List<TlsPoint> { ModeOf(settings) };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Deadline * 3);
        try
        {
            var facts = await ShakeHandsAsync(settings, SslNegotiation.Postgres, provider.CertificateHost, limit.Token).ConfigureAwait(false);
            if (facts?.TlsProtocol is null)
            {
                points.Add(NoTls(settings));
                return new TlsReport(provider.Name, points);
            }
            points.AddRange(TlsJudge.Judge(facts, settings));
            points.Add(await DirectAsync(settings, provider.CertificateHost, limit.Token).ConfigureAwait(false));
            points.Add(await BindingAsync(settings, provider.CertificateHost, limit.Token).ConfigureAwait(false));
            points.AddRange(await LogInCheck.RunAsync(settings, provider.CertificateHost, limit.Token).ConfigureAwait(false));
            return new TlsReport(provider.Name, points) { DaysLeft = facts.CertificateDaysLeft };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new TlsReport(provider.Name, points) { Unreachable = FormattableString.Invariant($"no answer within {Deadline.TotalSeconds * 3:0} s") };
        }
        catch (Exception e) when (e is SocketException or IOException or ProbeFailedException)
        {
            return new TlsReport(provider.Name, points) { Unreachable = e.Message };
        }
    }

    /// <summary>The connection's own setting; what a handshake shows holds only when the connection insists on it.</summary>
    private static TlsPoint ModeOf(NpgsqlConnectionStringBuilder settings) => TransportSecurity.Weakness(settings) is { } weakness
        ? new("mode", TlsVerdict.Failed, settings.SslMode.ToString(), weakness)
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
    private async Task<TlsPoint> BindingAsync(NpgsqlConnectionStringBuilder settings, string? certificateHost, CancellationToken cancellationToken)
    {
        var run = new ProbeRun();
        await using var _ = run.ConfigureAwait(false);
        var network = new NetworkRungs(settings, resolver ?? Resolver.Machine);
        await network.ResolveAsync(run, cancellationToken).ConfigureAwait(false);
        await network.ConnectAsync(run, cancellationToken).ConfigureAwait(false);
        const string Advice = "Have passwords kept as SCRAM (password_encryption = 'scram-sha-256', then set them again) and scram-sha-256 in pg_hba.conf; a pooler ends TLS itself and may not offer it.";
        return await AuthenticationOffer.ReadAsync(run.Socket!, certificateHost ?? run.Host, settings, cancellationToken).ConfigureAwait(false) switch
        {
            null => new("channel binding", TlsVerdict.NotAsked, "the server did not say how it authenticates"),
            var offer when offer.Contains("SCRAM-SHA-256-PLUS", StringComparison.Ordinal) && settings.ChannelBinding == ChannelBinding.Disable =>
                new("channel binding", TlsVerdict.Warning, "SCRAM-SHA-256-PLUS is offered and the connection does not use it", "Take channel_binding=disable out of the connection."),
            var offer when offer.Contains("SCRAM-SHA-256-PLUS", StringComparison.Ordinal) => new("channel binding", TlsVerdict.Good, "SCRAM-SHA-256-PLUS is offered and used"),
            var offer => new("channel binding", TlsVerdict.Warning, $"the log-in is not bound to the TLS channel: the server asks for {offer}", Advice),
        };
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
