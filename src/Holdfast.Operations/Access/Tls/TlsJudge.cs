using System.Security.Authentication;
using Holdfast.Providers.Probing;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Access.Tls;

/// <summary>Judges a handshake, whatever the connection itself would have accepted.</summary>
internal static class TlsJudge
{
    /// <summary>Fewer days than this: time to renew.</summary>
    public const int DaysWarning = 30;

    /// <summary>Fewer than this: what renews by itself has not.</summary>
    public const int DaysFailed = 7;

    /// <param name="facts">What the handshake has shown.</param>
    /// <param name="settings">The connection, to the one host.</param>
    /// <param name="isPinned">The certificate itself is what the connection trusts, and nothing else.</param>
    public static IEnumerable<TlsPoint> Judge(ProbeFacts facts, NpgsqlConnectionStringBuilder settings, bool isPinned)
    {
        var problem = facts.CertificateProblems;
#pragma warning disable CA5397, CS0618, SYSLIB0039 // Named to tell them from those that are good.
        var isOld = facts.TlsProtocol is SslProtocols.Ssl2 or SslProtocols.Ssl3 or SslProtocols.Tls or SslProtocols.Tls11;
#pragma warning restore CA5397, CS0618, SYSLIB0039
        yield return new("protocol", isOld ? TlsVerdict.Failed : TlsVerdict.Good, facts.TlsProtocol!.Value.ToString(),
            isOld ? "TLS below 1.2 is broken: set ssl_min_protocol_version = 'TLSv1.2' on the server." : null);
        var root = settings.RootCertificate is { Length: > 0 } file and not "system" ? "the connection's root certificate" : "this machine's authorities";
        yield return Here(Point("chain", problem, CertificateProblem.UnknownAuthority, $"leads to {root}", $"does not lead to {root}"), settings);
        yield return isPinned && settings.SslMode == SslMode.VerifyCA && problem.HasFlag(CertificateProblem.WrongName)
            ? new("name", TlsVerdict.Good, $"the certificate is not for {settings.Host}; it is itself the one that is trusted")
            : Here(Point("name", problem, CertificateProblem.WrongName, $"is for {settings.Host}", $"is not for {settings.Host}"), settings);
        var days = Days(facts.CertificateDaysLeft!.Value, facts.CertificateEnds!.Value, problem);
        yield return settings.SslMode is SslMode.Disable or SslMode.Allow ? Here(days, settings) : days;
    }

    /// <summary>On this machine nobody stands in between: what a connection does not ask for there is no failure.</summary>
    public static TlsPoint Here(TlsPoint point, NpgsqlConnectionStringBuilder settings) =>
        point.Verdict == TlsVerdict.Good || TransportSecurity.HasRemoteHost(settings) || settings.SslMode is SslMode.VerifyCA or SslMode.VerifyFull ? point
            : new(point.Point, TlsVerdict.NotAsked, $"{point.Detail}; it is on this machine, and the connection does not ask for it");

    /// <summary>How many days are left of a certificate that ends then.</summary>
    public static TlsPoint Days(int left, DateTimeOffset ends, CertificateProblem problem)
    {
        var detail = FormattableString.Invariant($"{left} days left, until {ends:yyyy-MM-dd}");
        if (problem.HasFlag(CertificateProblem.NotYetValid)) return new("days", TlsVerdict.Failed, "not valid yet", CertificateJudge.Advice(CertificateProblem.NotYetValid));
        return left < 0 || problem.HasFlag(CertificateProblem.Expired) ? new("days", TlsVerdict.Failed, detail, CertificateJudge.Advice(CertificateProblem.Expired))
            : left < DaysFailed ? new("days", TlsVerdict.Failed, detail, "Renew the certificate now.")
            : left < DaysWarning ? new("days", TlsVerdict.Warning, detail, "Renew the certificate, and see why it was not renewed by itself.")
            : new("days", TlsVerdict.Good, detail);
    }

    private static TlsPoint Point(string name, CertificateProblem problem, CertificateProblem about, string good, string bad) => problem.HasFlag(about)
        ? new(name, TlsVerdict.Failed, $"the certificate {bad}", CertificateJudge.Advice(about))
        : new(name, TlsVerdict.Good, $"the certificate {good}");
}
