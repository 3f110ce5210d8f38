using System.Globalization;
using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>The parameters behind the <c>?</c> of a URL, under libpq's names.</summary>
internal static class PostgresUriParameters
{
    public static void Apply(NpgsqlConnectionStringBuilder settings, string query)
    {
        string? hosts = null, ports = null;
        var system = false;
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw new ConnectionPartException("a parameter has no '=' or no name.");
            var name = pair[..equals];
            if (!Known.Contains(name))
                // A '@' that is not encoded says that the "parameter" may be the end of a password.
                throw new ConnectionPartException(query.Contains('@', StringComparison.Ordinal) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')
                    ? "a parameter is unknown; signs like @ / ? in the password are percent-encoded." : $"the parameter '{name}' is unknown.");
            var value = PostgresUri.Decode(pair[(equals + 1)..], $"parameter '{name}'");
            switch (name)
            {
                case "host" or "hostaddr": hosts = value; break;
                case "port": ports = value; break;
                case "sslrootcert" when value == "system": system = true; break;
                default: Set(settings, name, value); break;
            }
        }
        if (hosts is not null || ports is not null) SetHosts(settings, hosts, ports);
        if (system) UseSystemCertificates(settings);
    }

    private static readonly HashSet<string> Known =
    [
        "host", "hostaddr", "port", "user", "password", "dbname", "sslmode", "ssl", "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslnegotiation", "channel_binding",
        "options", "application_name", "fallback_application_name", "connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
        "target_session_attrs", "passfile", "gssencmode", "krbsrvname", "require_auth", "client_encoding", "load_balance_hosts", "pgbouncer", "connection_limit", "pool_timeout",
    ];

    private static void Set(NpgsqlConnectionStringBuilder settings, string name, string value)
    {
        try
        {
            switch (name)
            {
                case "user": settings.Username = value; break;
                case "password": settings.Password = value; break;
                case "dbname": settings.Database = value; break;
                case "sslmode": settings.SslMode = Word<SslMode>(value); break;
                case "ssl": settings.SslMode = value switch { "true" => SslMode.VerifyFull, "false" => SslMode.Disable, _ => throw new FormatException() }; break;
                case "sslrootcert": settings.RootCertificate = value; break;
                case "sslcert": settings.SslCertificate = value; break;
                case "sslkey": settings.SslKey = value; break;
                case "sslpassword": settings.SslPassword = value; break;
                case "sslnegotiation": settings.SslNegotiation = value switch { "direct" => SslNegotiation.Direct, "postgres" => SslNegotiation.Postgres, _ => throw new FormatException() }; break;
                case "channel_binding": settings.ChannelBinding = Word<ChannelBinding>(value); break;
                case "options": settings.Options = value; break;
                case "application_name": settings.ApplicationName = value; break;
                case "fallback_application_name": settings.ApplicationName ??= value; break;
                // libpq: zero and negative mean "for ever", which no attempt may be; it also rounds 1 up to 2.
                case "connect_timeout": settings.Timeout = Number(value) is > 0 and <= 1024 and var seconds ? seconds : throw new FormatException(); break;
                case "keepalives": settings.TcpKeepAlive = value switch { "1" => true, "0" => false, _ => throw new FormatException() }; break;
                case "keepalives_idle": settings.TcpKeepAliveTime = Number(value); break;
                case "keepalives_interval": settings.TcpKeepAliveInterval = Number(value); break;
                case "target_session_attrs": settings.TargetSessionAttributes = value is "any" or "read-write" or "read-only" or "primary" or "standby" or "prefer-standby" ? value : throw new FormatException(); break;
                case "passfile": settings.Passfile = value; break;
                case "gssencmode": settings.GssEncryptionMode = Word<GssEncryptionMode>(value); break;
                case "krbsrvname": settings.KerberosServiceName = value; break;
                case "require_auth": settings.RequireAuth = value; break;
                case "client_encoding": settings.ClientEncoding = value is "auto" ? "UTF8" : value; break;
                case "load_balance_hosts": settings.LoadBalanceHosts = value switch { "random" => true, "disable" => false, _ => throw new FormatException() }; break;
                // keepalives_count and tcp_user_timeout have no counterpart; the rest are Prisma's, which providers put into the URLs they show.
                case "keepalives_count" or "tcp_user_timeout" or "connection_limit" or "pool_timeout": _ = Number(value); break;
            }
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or InvalidCastException or NotSupportedException)
        {
            throw new ConnectionPartException($"the value of the parameter '{name}' cannot be used.");
        }
    }

    private static T Word<T>(string value) where T : struct, Enum =>
        value.All(c => char.IsAsciiLetter(c) || c == '-') ? Enum.Parse<T>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true) : throw new FormatException();

    private static int Number(string value) => int.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture);

    private static void SetHosts(NpgsqlConnectionStringBuilder settings, string? hosts, string? ports)
    {
        int?[] numbers = ports is null ? [] : [.. ports.Split(',').Select(port => port.Length == 0 ? (int?)null : PostgresUri.PortOf(port))];
        if (hosts is null)
        {
            if (settings.Host!.Contains(',', StringComparison.Ordinal)) throw new ConnectionPartException("the parameter 'port' stands beside several hosts; write each host's port behind it.");
            settings.Port = numbers is [{ } port] ? port : throw new ConnectionPartException("the parameter 'port' is no number from 1 to 65535.");
            return;
        }
        var names = hosts.Split(',').Select(host => PostgresUri.HostName(host)).ToList();
        if (names.Any(name => name.Length == 0)) throw new ConnectionPartException("the parameter 'host' has an empty host.");
        if (numbers.Length > 1 && numbers.Length != names.Count) throw new ConnectionPartException("the parameters 'host' and 'port' differ in number.");
        PostgresUri.Set(settings, names, numbers.Length > 0 ? numbers : [names.Count == 1 && !settings.Host!.Contains(',', StringComparison.Ordinal) ? settings.Port : null]);
    }

    private static void UseSystemCertificates(NpgsqlConnectionStringBuilder settings)
    {
        if (TransportSecurity.IsExplicit(settings) && settings.SslMode != SslMode.VerifyFull)
            throw new ConnectionPartException("the parameter 'sslrootcert' is 'system', which goes with sslmode=verify-full only.");
        settings.SslMode = SslMode.VerifyFull;
    }
}
