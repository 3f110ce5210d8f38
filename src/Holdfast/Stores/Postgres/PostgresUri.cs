using System.Globalization;
using System.Net;
using System.Text;
using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>Takes a URL apart as libpq does: <c>postgres://user:password@host1:p1,host2:p2/database?name=value</c>.</summary>
/// <remarks>
/// <see cref="Uri"/> is not used: it refuses several hosts, and it takes <c>#</c> for an end, which libpq takes as it is. Beyond libpq,
/// the last <c>@</c> ends the password, since no host holds one.
/// </remarks>
internal static class PostgresUri
{
    private const int DefaultPort = 5432;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static NpgsqlConnectionStringBuilder Parse(string url)
    {
        var rest = url[(url.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var (authority, path, query) = Split(rest);
        var settings = new NpgsqlConnectionStringBuilder();
        var at = authority.LastIndexOf('@');
        if (at >= 0) SetUser(settings, authority[..at]);
        SetHosts(settings, authority[(at + 1)..]);
        if (path.Contains('@', StringComparison.Ordinal) && at < 0) throw new ConnectionPartException("the password holds '/'; write %2F.");
        if (Decode(path, "database") is { Length: > 0 } database) settings.Database = database;
        PostgresUriParameters.Apply(settings, query);
        return settings;
    }

    private static (string Authority, string Path, string Query) Split(string rest)
    {
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? rest : rest[..slash];
        var mark = authority.IndexOf('?', StringComparison.Ordinal);
        if (mark >= 0)
        {
            if (authority.IndexOf('@', mark) >= 0) throw new ConnectionPartException("the user or password holds '?'; write %3F (and %40 for '@' in a parameter).");
            return (rest[..mark], "", rest[(mark + 1)..]);
        }
        if (slash < 0) return (rest, "", "");
        mark = rest.IndexOf('?', slash);
        return mark < 0 ? (authority, rest[(slash + 1)..], "") : (authority, rest[(slash + 1)..mark], rest[(mark + 1)..]);
    }

    private static void SetUser(NpgsqlConnectionStringBuilder settings, string info)
    {
        var colon = info.IndexOf(':', StringComparison.Ordinal);
        if (Decode(colon < 0 ? info : info[..colon], "user") is { Length: > 0 } user) settings.Username = user;
        if (colon >= 0 && Decode(info[(colon + 1)..], "password") is { Length: > 0 } password) settings.Password = password;
    }

    private static void SetHosts(NpgsqlConnectionStringBuilder settings, string text)
    {
        var hosts = text.Split(',').Select(HostOf).ToList();
        if (hosts.Count > 1 && hosts.Any(host => host.Name.Length == 0)) throw new ConnectionPartException("the host list has an empty host.");
        Set(settings, [.. hosts.Select(host => host.Name)], [.. hosts.Select(host => host.Port)]);
    }

    /// <summary>Sets the hosts and their ports; no host at all is this machine, as with libpq.</summary>
    public static void Set(NpgsqlConnectionStringBuilder settings, IReadOnlyList<string> hosts, IReadOnlyList<int?> ports)
    {
        if (hosts.Count == 1)
        {
            settings.Host = hosts[0].Length > 0 ? hosts[0] : "localhost";
            settings.Port = ports[0] ?? DefaultPort;
            return;
        }
        int Port(int i) => (ports.Count == 1 ? ports[0] : ports[i]) ?? DefaultPort;
        settings.Host = string.Join(',', hosts.Select((host, i) => host.StartsWith('/') ? host : string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{Port(i)}")));
    }

    private static (string Name, int? Port) HostOf(string text)
    {
        string name, port;
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            if (end < 0 || (end + 1 < text.Length && text[end + 1] != ':')) throw new ConnectionPartException("the host is no IPv6 address in brackets ([::1]:5432).");
            (name, port) = (Decode(text[1..end], "host"), end + 1 < text.Length ? text[(end + 2)..] : "");
            if (!IPAddress.TryParse(name, out _)) throw new ConnectionPartException("the host in brackets is no IPv6 address.");
            return (name, port.Length == 0 ? null : PortOf(port));
        }
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        (name, port) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        if (port.Contains(':', StringComparison.Ordinal)) throw new ConnectionPartException("the host has several ':'; an IPv6 address stands in brackets ([::1]:5432).");
        return (HostName(Decode(name, "host")), port.Length == 0 ? null : PortOf(port));
    }

    public static string HostName(string name) =>
        name.StartsWith('/') || !name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c is '/' or '@' or '?' or '#' or ';' or '=' or '\\' or '%') ? name
            : throw new ConnectionPartException("the host holds a sign that no host name has; signs like @ / ? in the password are percent-encoded.");

    public static int PortOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535 ? port
            : throw new ConnectionPartException("the port is no number from 1 to 65535 (a '/' in the password is written %2F).");

    /// <summary>Percent-decoded; strict, since a half-encoded password would be sent as another one.</summary>
    public static string Decode(string text, string part)
    {
        if (!text.Contains('%', StringComparison.Ordinal)) return text;
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text, i, char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1));
                if (char.IsHighSurrogate(text[i])) i++;
                continue;
            }
            if (i + 2 >= text.Length || !byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                throw new ConnectionPartException($"the {part} has a '%' without two hex digits; a '%' itself is written %25.");
            bytes.Add(value != 0 ? value : throw new ConnectionPartException($"the {part} holds %00."));
            i += 2;
        }
        try
        {
            return Strict.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            throw new ConnectionPartException($"the {part} is no UTF-8 after decoding.");
        }
    }
}
