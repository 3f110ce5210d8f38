using System.Net;
using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>How certificates are checked where the connection does not say: fully, but for hosts that are this machine.</summary>
internal static class TransportSecurity
{
    public static void ApplyDefault(NpgsqlConnectionStringBuilder settings)
    {
        if (!IsExplicit(settings) && HasRemoteHost(settings)) settings.SslMode = SslMode.VerifyFull;
    }

    public static bool IsExplicit(NpgsqlConnectionStringBuilder settings) => IsSet(settings, "SSL Mode");

    /// <summary>Whether the connection itself says it, under Npgsql's name of the keyword.</summary>
    public static bool IsSet(NpgsqlConnectionStringBuilder settings, string keyword) => settings.Keys.Contains(keyword, StringComparer.OrdinalIgnoreCase);

    public static bool HasRemoteHost(NpgsqlConnectionStringBuilder settings) => (settings.Host ?? "").Split(',').Any(host => !IsThisMachine(host.Trim()));

    /// <summary>What the connection does not protect against, in words with a remedy; null: nothing is left open.</summary>
    public static string? Weakness(NpgsqlConnectionStringBuilder settings) => !HasRemoteHost(settings) ? null : settings.SslMode switch
    {
        SslMode.VerifyFull => null,
        SslMode.VerifyCA => "sslmode=verify-ca checks who signed the server's certificate but not its name: another server of the same CA is taken for it. Use sslmode=verify-full.",
        SslMode.Require => "sslmode=require encrypts but checks no certificate: whoever stands in between can read and change everything. Use sslmode=verify-full, with sslrootcert=FILE where the provider has a CA of its own.",
        SslMode.Disable => "sslmode=disable sends everything, the rows too, in plain text. Use sslmode=verify-full, with sslrootcert=FILE where the provider has a CA of its own.",
        var mode => $"sslmode={mode.ToString().ToLowerInvariant()} goes on in plain text when the server, or whoever stands in between, offers no TLS, and checks no certificate. Use sslmode=verify-full, with sslrootcert=FILE where the provider has a CA of its own.",
    };

    private static bool IsThisMachine(string host)
    {
        if (host.StartsWith('/') || host.StartsWith('@')) return true;
        var name = host;
        if (name.StartsWith('[')) name = name[1..].Split(']')[0];
        else if (name.Count(c => c == ':') == 1) name = name.Split(':')[0];
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address));
    }
}
