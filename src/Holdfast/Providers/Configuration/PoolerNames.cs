using System.Globalization;
using Npgsql;

namespace Holdfast.Providers.Configuration;

/// <summary>How providers name a database's pooler and the server behind it. A name that is not known is left as it is.</summary>
internal static class PoolerNames
{
    private const string Suffix = "-pooler";
    private const int SupabaseTransactions = 6543;
    private const int AzurePooler = 6432;
    private const int Server = 5432;

    /// <summary>Leads to the pooler, where there always is one.</summary>
    public static void ToPooler(NpgsqlConnectionStringBuilder settings) => Change(settings, (host, port) =>
        IsNeon(host) && !IsNeonPooler(host) ? (WithFirstLabel(host, label => label + Suffix), port)
        : IsSupabasePooler(host) && port == Server ? (host, SupabaseTransactions) : (host, port));

    /// <summary>Leads to the server itself (at Supabase's shared pooler: to a session of one's own).</summary>
    public static void ToServer(NpgsqlConnectionStringBuilder settings) => Change(settings, (host, port) =>
        IsNeonPooler(host) ? (WithFirstLabel(host, label => label[..^Suffix.Length]), port)
        : (IsSupabasePooler(host) || Ends(host, ".supabase.co")) && port == SupabaseTransactions ? (host, Server)
        : Ends(host, ".postgres.database.azure.com") && port == AzurePooler ? (host, Server) : (host, port));

    /// <summary>Whether a pooler that shares sessions between clients is known to answer there.</summary>
    public static bool IsPooler(NpgsqlConnectionStringBuilder settings) => Hosts(settings).Any(at =>
        IsNeonPooler(at.Host) || ((IsSupabasePooler(at.Host) || Ends(at.Host, ".supabase.co")) && at.Port == SupabaseTransactions)
        || (Ends(at.Host, ".postgres.database.azure.com") && at.Port == AzurePooler));

    /// <summary>The role as the server knows it: Supabase's shared pooler is told the project behind a dot.</summary>
    public static string RoleAtServer(NpgsqlConnectionStringBuilder settings) =>
        settings.Username is { } role ? Hosts(settings).Any(at => IsSupabasePooler(at.Host)) ? role.Split('.')[0] : role : "";

    // Neon's endpoints are named ep-…; other hosts there (pg.neon.tech) have no pooled twin.
    private static bool IsNeon(string host) => Ends(host, ".neon.tech") && host.StartsWith("ep-", StringComparison.OrdinalIgnoreCase);

    private static bool IsNeonPooler(string host) => IsNeon(host) && host.Split('.')[0].EndsWith(Suffix, StringComparison.OrdinalIgnoreCase);

    private static bool IsSupabasePooler(string host) => Ends(host, ".pooler.supabase.com");

    private static bool Ends(string host, string domain) => host.TrimEnd('.').EndsWith(domain, StringComparison.OrdinalIgnoreCase);

    private static string WithFirstLabel(string host, Func<string, string> change)
    {
        var dot = host.IndexOf('.', StringComparison.Ordinal);
        return change(host[..dot]) + host[dot..];
    }

    private static List<(string Host, int Port)> Hosts(NpgsqlConnectionStringBuilder settings) => [.. (settings.Host ?? "").Split(',').Select(part => Split(part.Trim(), settings.Port))];

    private static (string Host, int Port) Split(string host, int port)
    {
        var colon = host.LastIndexOf(':');
        return colon > 0 && host.IndexOf(':', StringComparison.Ordinal) == colon && int.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var own) ? (host[..colon], own) : (host, port);
    }

    private static void Change(NpgsqlConnectionStringBuilder settings, Func<string, int, (string Host, int Port)> change)
    {
        var before = Hosts(settings);
        var after = before.Select(at => change(at.Host, at.Port)).ToList();
        if (after.SequenceEqual(before)) return;
        if (after is [var (host, port)]) (settings.Host, settings.Port) = (host, port);
        else settings.Host = string.Join(',', after.Select(at => string.Create(CultureInfo.InvariantCulture, $"{at.Host}:{at.Port}")));
    }
}
