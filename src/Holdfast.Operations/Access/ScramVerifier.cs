using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Operations.Access;

/// <summary>What a server keeps of a password (RFC 5803): computed here, so that no password stands in SQL, which a server may log.</summary>
internal static class ScramVerifier
{
    private const int Iterations = 4096;

    /// <param name="password">Printable ASCII: other characters would have to be normalised first (SASLprep).</param>
    /// <param name="salt">16 random bytes.</param>
    public static string Of(string password, ReadOnlySpan<byte> salt)
    {
        if (password.Any(c => c is <= ' ' or > '~')) throw new ArgumentException("Only printable ASCII can be used as a password here.", nameof(password));
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.ASCII.GetBytes(password), salt, Iterations, HashAlgorithmName.SHA256, 32);
        var stored = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var server = HMACSHA256.HashData(salted, "Server Key"u8);
        return FormattableString.Invariant($"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(stored)}:{Convert.ToBase64String(server)}");
    }
}
