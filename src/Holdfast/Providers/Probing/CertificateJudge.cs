using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.Providers.Probing;

/// <summary>What may be wrong with a certificate, several at once.</summary>
[Flags]
internal enum CertificateProblem
{
    None = 0,
    Expired = 1,
    NotYetValid = 2,
    WrongName = 4,
    UnknownAuthority = 8,
}

/// <summary>Says what is wrong with a server's certificate, in words.</summary>
internal static class CertificateJudge
{
    public static CertificateProblem Judge(X509Certificate2 certificate, X509Chain? shown, SslPolicyErrors errors, string? rootFile, DateTimeOffset now)
    {
        var problem = CertificateProblem.None;
        if (certificate.NotAfter.ToUniversalTime() < now.UtcDateTime) problem |= CertificateProblem.Expired;
        if (certificate.NotBefore.ToUniversalTime() > now.UtcDateTime) problem |= CertificateProblem.NotYetValid;
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) problem |= CertificateProblem.WrongName;
        if (!IsTrusted(certificate, shown, rootFile)) problem |= CertificateProblem.UnknownAuthority;
        return problem;
    }

    public static string Name(CertificateProblem problem) => string.Join(" and ", Each(problem).Select(one => one switch
    {
        CertificateProblem.Expired => "has expired",
        CertificateProblem.NotYetValid => "is not valid yet",
        CertificateProblem.WrongName => "is for another host name",
        _ => "comes from an unknown authority",
    }));

    public static string Advice(CertificateProblem problem) => string.Join(" ", Each(problem).Select(one => one switch
    {
        CertificateProblem.Expired => "The certificate has expired: renew it at the provider, or check this machine's clock.",
        CertificateProblem.NotYetValid => "The certificate is not valid yet: check this machine's clock.",
        CertificateProblem.WrongName => "The certificate is for another host name: connect by the name that the provider shows, not by an address or an alias.",
        _ => "The certificate comes from an unknown authority: download the provider's CA file and name it as sslrootcert in the connection.",
    }));

    private static IEnumerable<CertificateProblem> Each(CertificateProblem problem) =>
        Enum.GetValues<CertificateProblem>().Where(one => one != CertificateProblem.None && problem.HasFlag(one));

    // Only the authority: dates are judged by the injected clock, the name by the handshake.
    private static bool IsTrusted(X509Certificate2 certificate, X509Chain? shown, string? rootFile)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        if (shown is not null) foreach (var element in shown.ChainElements) chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        if (rootFile is { Length: > 0 } and not "system")
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(rootFile);
        }
        return chain.Build(certificate);
    }
}
