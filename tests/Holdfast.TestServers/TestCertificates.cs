using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.TestServers;

/// <summary>What is right or wrong with a test server's certificate.</summary>
public enum TestCertificate
{
    Good,
    Expired,
    WrongName,
    /// <summary>Good, but for <c>localhost</c> alone and not for its address.</summary>
    NameOnly,
    /// <summary>Signed by itself, and for another name: as Railway's and Debian's own are.</summary>
    SelfSigned,
}

/// <summary>An authority of this run, whose file tests trust or leave out, and the certificates that it signs.</summary>
public sealed class TestCertificates : IDisposable
{
    private readonly X509Certificate2 _authority;

    public TestCertificates()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=Holdfast test authority", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = TimeProvider.System.GetUtcNow();
        _authority = request.CreateSelfSigned(now.AddYears(-2), now.AddYears(2));
        Folder = Directory.CreateTempSubdirectory("holdfast-certificates-").FullName;
        AuthorityFile = Path.Combine(Folder, "authority.pem");
        File.WriteAllText(AuthorityFile, _authority.ExportCertificatePem());
    }

    public string Folder { get; }

    /// <summary>For <c>Root Certificate</c>.</summary>
    public string AuthorityFile { get; }

    /// <summary>Certificate and key for a server on localhost and 127.0.0.1 (<see cref="TestCertificate.WrongName"/>: elsewhere).</summary>
    public (string Certificate, string Key) Make(TestCertificate kind)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=Holdfast test server", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        if (kind is TestCertificate.WrongName or TestCertificate.SelfSigned) names.AddDnsName("elsewhere.example");
        else
        {
            names.AddDnsName("localhost");
            if (kind != TestCertificate.NameOnly) names.AddIpAddress(IPAddress.Loopback);
        }
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        var now = TimeProvider.System.GetUtcNow();
        var (from, to) = kind == TestCertificate.Expired ? (now.AddDays(-30), now.AddDays(-1)) : (now.AddDays(-1), now.AddDays(90));
        if (kind == TestCertificate.SelfSigned)
        {
            using var own = request.CreateSelfSigned(from, to);
            return (own.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
        }
        using var certificate = request.Create(_authority, from, to, RandomNumberGenerator.GetBytes(12));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A client's certificate for a role, and its key under a password; both as files.</summary>
    public (string CertificateFile, string KeyFile) MakeClient(string role, string password)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={role}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.Create(_authority, now.AddDays(-1), now.AddDays(90), RandomNumberGenerator.GetBytes(12));
        var (certificateFile, keyFile) = (Path.Combine(Folder, $"{role}.crt"), Path.Combine(Folder, $"{role}.key"));
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 10_000)));
        return (certificateFile, keyFile);
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
