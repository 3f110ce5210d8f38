using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Providers.Probing;
using Npgsql;

namespace Holdfast.Operations.Access.Tls;

/// <summary>What a connection trusts beside this machine's authorities: the certificates of its <c>sslrootcert</c>.</summary>
internal sealed class TrustedRoots
{
    private readonly string[] _digests;

    private TrustedRoots(string[] digests) => _digests = digests;

    /// <exception cref="InvalidInputException">The file is not there, or holds no certificate.</exception>
    public static TrustedRoots Read(NpgsqlConnectionStringBuilder settings, string provider)
    {
        if (settings.RootCertificate is not { Length: > 0 } file || file == "system") return new TrustedRoots([]);
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(file);
            if (certificates.Count == 0) throw new InvalidInputException($"provider '{provider}'", $"sslrootcert={file} holds no certificate (PEM).");
            return new TrustedRoots([.. certificates.Select(one => one.GetCertHashString(HashAlgorithmName.SHA256))]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new InvalidInputException($"provider '{provider}'", $"sslrootcert={file} cannot be read: {e.Message}");
        }
        finally
        {
            foreach (var one in certificates) one.Dispose();
        }
    }

    /// <summary>The server's own certificate is all that is trusted: nobody else can show one that passes, whatever name it has.</summary>
    public bool Pin(ProbeFacts facts) => _digests.Length > 0 && _digests.All(digest => digest == facts.CertificateDigest);
}
