using System.Globalization;
using System.Net;
using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>The hosts of a connection: Npgsql keeps several of them as one text (<c>host1:5432,[::1]:5433,/run/postgresql</c>).</summary>
internal static class PostgresHosts
{
    /// <summary>Each host with its port, in the order of trying. An IPv6 address without brackets; a socket is its folder.</summary>
    public static IReadOnlyList<(string Host, int Port)> Of(NpgsqlConnectionStringBuilder settings) =>
        [.. (settings.Host ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(text => Place(text, settings.Port))];

    /// <summary>For people, and for URLs: <c>host:port,[::1]:port</c>.</summary>
    public static string Text(NpgsqlConnectionStringBuilder settings) => string.Join(',', Of(settings).Select(place => Text(place.Host, place.Port)));

    /// <summary>One of them.</summary>
    public static string Text(string host, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) && host[0] != '/' ? $"[{host}]" : host)}:{port}");

    /// <summary>The same connection to one of its hosts.</summary>
    public static NpgsqlConnectionStringBuilder At(NpgsqlConnectionStringBuilder settings, string host, int port) =>
        new(settings.ConnectionString) { Host = host, Port = port };

    private static (string Host, int Port) Place(string text, int port)
    {
        if (text[0] is '/' or '@') return (text, port);
        if (text[0] == '[' && text.IndexOf(']', StringComparison.Ordinal) is > 0 and var end)
            return (text[1..end], end + 2 < text.Length && int.TryParse(text.AsSpan(end + 2), NumberStyles.None, CultureInfo.InvariantCulture, out var own) ? own : port);
        // "host:port", but not the colons of an IPv6 address.
        return !IPAddress.TryParse(text, out _) && text.Split(':') is [var host, var digits] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (host, number) : (text, port);
    }
}
