using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Providers.Failures;
using Npgsql;

namespace Holdfast.Providers.Probing;

/// <summary>Asks the server for TLS as PostgreSQL's protocol has it, reads its certificate and judges it as the connection's <c>sslmode</c> does.</summary>
internal sealed class TlsRung(NpgsqlConnectionStringBuilder settings, TimeProvider time, string? certificateHost)
{
    // Length 8, then the request code 80877103.
    private static readonly byte[] SslRequest = [0, 0, 0, 8, 4, 210, 22, 47];

    public async Task<string?> ClimbAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        if (settings.SslMode is SslMode.Disable or SslMode.Allow || run.Socket!.AddressFamily == AddressFamily.Unix) return null;
        var stream = new NetworkStream(run.Socket, ownsSocket: false);
        await using var _ = stream.ConfigureAwait(false);
        if (settings.SslNegotiation != SslNegotiation.Direct && !await AgreesAsync(stream, cancellationToken).ConfigureAwait(false))
            return settings.SslMode == SslMode.Prefer
                ? "the server has no TLS: the connection is not encrypted"
                : throw new ProbeFailedException(FailureCause.Tls, "The server has no TLS.",
                    $"The server has no TLS and the connection asks for it (sslmode={settings.SslMode}): switch TLS on at the provider, or check that host and port are the provider's.");

        X509Certificate2? certificate = null;
        var problem = CertificateProblem.None;
        var tls = new SslStream(stream, leaveInnerStreamOpen: true);
        await using var __ = tls.ConfigureAwait(false);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = certificateHost ?? run.Host,
            ApplicationProtocols = settings.SslNegotiation == SslNegotiation.Direct ? [new("postgresql")] : null,
            // Always accepted here: the judgement below can then name what is wrong, and tell the dates of a certificate that is refused.
#pragma warning disable CA5359
            RemoteCertificateValidationCallback = (_, shown, chain, errors) =>
            {
                certificate = shown is null ? null : X509CertificateLoader.LoadCertificate(shown.GetRawCertData());
                if (certificate is not null) problem = CertificateJudge.Judge(certificate, chain, errors, settings.RootCertificate, time.GetUtcNow());
                return true;
            },
#pragma warning restore CA5359
        }, cancellationToken).ConfigureAwait(false);
        using var ___ = certificate;
        return Judge(run.Facts, tls.SslProtocol, certificate!, problem);
    }

    private static async Task<bool> AgreesAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(SslRequest, cancellationToken).ConfigureAwait(false);
        var answer = new byte[1];
        await stream.ReadExactlyAsync(answer, cancellationToken).ConfigureAwait(false);
        return answer[0] switch
        {
            (byte)'S' => true,
            (byte)'N' => false,
            _ => throw new ProbeFailedException(FailureCause.Configuration, "What answers there is no PostgreSQL server.", "What answers there does not speak PostgreSQL's protocol: check host and port."),
        };
    }

    private string Judge(ProbeFacts facts, SslProtocols protocol, X509Certificate2 certificate, CertificateProblem problem)
    {
        facts.TlsProtocol = protocol;
        facts.CertificateDigest = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        facts.CertificateEnds = new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        facts.CertificateDaysLeft = (int)Math.Floor((facts.CertificateEnds.Value - time.GetUtcNow()).TotalDays);
        facts.CertificateProblems = problem;
        facts.CertificateProblem = problem == CertificateProblem.None ? null : CertificateJudge.Name(problem);
        var refused = settings.SslMode switch
        {
            SslMode.VerifyFull => problem,
            SslMode.VerifyCA => problem & ~CertificateProblem.WrongName,
            _ => CertificateProblem.None,
        };
        if (refused != CertificateProblem.None)
            throw new ProbeFailedException(FailureCause.Tls,
                FormattableString.Invariant($"The certificate {CertificateJudge.Name(refused)} (it ends on {facts.CertificateEnds:yyyy-MM-dd})."), CertificateJudge.Advice(refused));
        return FormattableString.Invariant($"{protocol}, certificate ends in {facts.CertificateDaysLeft} days{(problem == CertificateProblem.None ? "" : $"; not checked (sslmode={settings.SslMode}), although it {CertificateJudge.Name(problem)}")}");
    }
}
