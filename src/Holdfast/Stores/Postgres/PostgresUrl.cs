using System.Data.Common;
using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>Reads a connection: a <c>postgres://</c> URL, as every provider shows it, or an Npgsql connection string.</summary>
/// <remarks>Its errors name the part that is wrong and never repeat the text, which may hold a password.</remarks>
internal static class PostgresUrl
{
    public static bool IsUrl(string text) =>
        text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase);

    /// <summary>The connection's settings, from where it is kept.</summary>
    /// <exception cref="InvalidInputException">A part cannot be read.</exception>
    public static NpgsqlConnectionStringBuilder Parse(Secret connection, string field = "connection") => Parse(connection.Reveal(), field);

    /// <summary>The connection's settings; only what the text sets is set, and certificates are checked for hosts that are not this machine.</summary>
    /// <param name="text">The URL or the connection string.</param>
    /// <param name="field">What the errors call it.</param>
    /// <exception cref="InvalidInputException">A part cannot be read.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string text, string field = "connection")
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.Trim();
        try
        {
            var settings = IsUrl(text) ? PostgresUri.Parse(text) : OfConnectionString(text);
            TransportSecurity.ApplyDefault(settings);
            return settings;
        }
        catch (ConnectionPartException e)
        {
            throw new InvalidInputException(field, e.Message);
        }
    }

    private static NpgsqlConnectionStringBuilder OfConnectionString(string text)
    {
        if (text.Contains("://", StringComparison.Ordinal) && text.IndexOf("://", StringComparison.Ordinal) < 16 && !text.Contains(';', StringComparison.Ordinal))
            throw new ConnectionPartException("the scheme is neither postgres:// nor postgresql://.");
        var parts = new DbConnectionStringBuilder();
        try
        {
            parts.ConnectionString = text;
        }
        catch (ArgumentException)
        {
            throw new ConnectionPartException("is neither a URL (postgres://user:password@host:5432/database) nor an Npgsql connection string (Host=…;Username=…).");
        }
        var settings = new NpgsqlConnectionStringBuilder();
        foreach (string keyword in parts.Keys) Set(settings, text, keyword, parts[keyword]);
        if (settings.Host is not { Length: > 0 } host) throw new ConnectionPartException("the host is missing (Host=…).");
        if (host.Contains('=', StringComparison.Ordinal))
            throw new ConnectionPartException("the host holds '=': parts of a connection string are separated by ';', or write a URL (postgres://user:password@host:5432/database).");
        return settings;
    }

    private static void Set(NpgsqlConnectionStringBuilder settings, string text, string keyword, object value)
    {
        if (!settings.ContainsKey(keyword))
            // After a password an unknown keyword may be a piece of it: a ';' in a password ends it unless it is quoted.
            throw new ConnectionPartException(IsBehindSecret(text, keyword)
                ? "a keyword that follows the password is unknown; a value with ';' stands in quotes (Password='…')."
                : $"the keyword '{keyword}' is unknown.");
        try
        {
            settings[keyword] = value;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or InvalidCastException or NotSupportedException)
        {
            throw new ConnectionPartException($"the value of '{keyword}' cannot be used.");
        }
    }

    private static bool IsBehindSecret(string text, string keyword)
    {
        var secret = new[] { "password", "pwd", "psw" }.Select(name => text.IndexOf(name, StringComparison.OrdinalIgnoreCase)).Where(at => at >= 0).DefaultIfEmpty(int.MaxValue).Min();
        return text.LastIndexOf(keyword, StringComparison.OrdinalIgnoreCase) > secret;
    }
}

/// <summary>A part of a connection that cannot be read; the message names the part, never its text.</summary>
internal sealed class ConnectionPartException(string problem) : Exception(problem);
