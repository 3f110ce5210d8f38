using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>Reads a connection: a <c>postgres://</c> URL, as every provider shows it, or an Npgsql connection string.</summary>
internal static class PostgresUrl
{
    public static bool IsUrl(string text) =>
        text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase);

    public static NpgsqlConnectionStringBuilder Parse(string text)
    {
        try
        {
            return IsUrl(text) ? OfUrl(new Uri(text)) : new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception e) when (e is UriFormatException or ArgumentException or FormatException)
        {
            // The message must not repeat the text: it may hold a password.
            throw new InvalidInputException("connection", "is neither a URL (postgres://user:password@host:5432/database) nor an Npgsql connection string (Host=…;Username=…).");
        }
    }

    private static NpgsqlConnectionStringBuilder OfUrl(Uri url)
    {
        var settings = new NpgsqlConnectionStringBuilder { Host = url.Host, Port = url.Port > 0 ? url.Port : 5432 };
        if (Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/')) is { Length: > 0 } database) settings.Database = database;
        if (url.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var password])
        {
            settings.Username = Uri.UnescapeDataString(user);
            if (password is [var secret]) settings.Password = Uri.UnescapeDataString(secret);
        }
        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            if (pair.Split('=', 2) is not [var name, var raw]) continue;
            var value = Uri.UnescapeDataString(raw);
            switch (name)
            {
                case "sslmode": settings.SslMode = Enum.Parse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true); break;
                case "sslrootcert": settings.RootCertificate = value; break;
                case "application_name": settings.ApplicationName = value; break;
                case "connect_timeout": settings.Timeout = int.Parse(value, System.Globalization.CultureInfo.InvariantCulture); break;
                case "options": settings.Options = value; break;
                case "channel_binding": settings.ChannelBinding = Enum.Parse<ChannelBinding>(value, ignoreCase: true); break;
                default: throw new ArgumentException(name);
            }
        }
        return settings;
    }
}
