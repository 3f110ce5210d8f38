using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Providers.Configuration;

/// <summary>The two ways to a provider: <em>work</em> (rows; may be a pooler) and <em>control</em> (the server itself: migrations, COPY, locks).</summary>
/// <remarks>
/// Settings are those of failover.md: short limits, since Npgsql notices a frozen server after 45 s by its own defaults. What the
/// connection itself sets wins where that is safe; what breaks behind a pooler is never taken over.
/// </remarks>
internal static class ProviderEndpoints
{
    /// <summary>Rows are written and read here.</summary>
    /// <exception cref="InvalidInputException">The connection cannot be read.</exception>
    public static NpgsqlConnectionStringBuilder Work(ProviderOptions provider)
    {
        var settings = Parse(provider.Connection, $"provider '{provider.Name}'");
        if (provider.ControlConnection is null) PoolerNames.ToPooler(settings);
        // A pooler refuses startup options or gives them to whoever comes next. Neon's endpoint=… is not missed: Npgsql sends the host's name (SNI).
        if (PoolerNames.IsPooler(settings)) settings.Options = null;
        return Complete(settings, provider);
    }

    /// <summary>The server itself.</summary>
    /// <exception cref="InvalidInputException">The connection cannot be read.</exception>
    public static NpgsqlConnectionStringBuilder Control(ProviderOptions provider)
    {
        var settings = Parse(provider.ControlConnection ?? provider.Connection, $"provider '{provider.Name}'{(provider.ControlConnection is null ? "" : " control")}");
        if (provider.ControlConnection is null) PoolerNames.ToServer(settings);
        if (PoolerNames.IsPooler(settings)) settings.Options = null;
        Default(settings, "Keepalive", 30);
        return Complete(settings, provider);
    }

    /// <summary>All tenants' rows, for the relay; null: it has no connection of its own.</summary>
    /// <exception cref="InvalidInputException">The connection cannot be read.</exception>
    public static NpgsqlConnectionStringBuilder? Relay(ProviderOptions provider)
    {
        if (provider.RelayConnection is not { IsEmpty: false } connection) return null;
        var settings = Parse(connection, $"provider '{provider.Name}' relay");
        if (provider.ControlConnection is null) PoolerNames.ToPooler(settings);
        if (PoolerNames.IsPooler(settings)) settings.Options = null;
        return Complete(settings, provider);
    }

    /// <summary>What works but leaves something open, in words with a remedy; without secrets.</summary>
    /// <exception cref="InvalidInputException">A connection cannot be read.</exception>
    public static IReadOnlyList<string> Warnings(ProviderOptions provider)
    {
        var warnings = new List<string>();
        var work = Parse(provider.Connection, $"provider '{provider.Name}'");
        var weakness = TransportSecurity.Weakness(work);
        if (weakness is not null) warnings.Add(weakness);
        if (provider.ControlConnection is { } control && TransportSecurity.Weakness(Parse(control, $"provider '{provider.Name}' control")) is { } other && other != weakness)
            warnings.Add($"Control connection: {other}");
        if (provider.RelayConnection is { IsEmpty: false } relay && TransportSecurity.Weakness(Parse(relay, $"provider '{provider.Name}' relay")) is { } third && third != weakness)
            warnings.Add($"Relay connection: {third}");
        var given = work.Options;
        if (given is { Length: > 0 } && Work(provider).Options is not { Length: > 0 } && !IsEndpointOnly(given))
            warnings.Add("options=… is left out of the work connection, which leads to a pooler: poolers do not keep session settings. Set them for the role instead (ALTER ROLE … SET …).");
        return warnings;
    }

    private static NpgsqlConnectionStringBuilder Parse(Secret? connection, string field) =>
        connection is { IsEmpty: false } ? PostgresUrl.Parse(connection, field) : throw new InvalidInputException(field, "the connection is empty.");

    private static bool IsEndpointOnly(string options) => options.Trim().StartsWith("endpoint=", StringComparison.Ordinal) && !options.Trim().Contains(' ', StringComparison.Ordinal);

    private static NpgsqlConnectionStringBuilder Complete(NpgsqlConnectionStringBuilder settings, ProviderOptions provider)
    {
        Default(settings, "Timeout", Seconds(provider.ConnectTimeout));
        Default(settings, "Command Timeout", Seconds(provider.CommandTimeout));
        Default(settings, "Cancellation Timeout", 1000);
        Default(settings, "TCP Keepalive", true);
        Default(settings, "Connection Lifetime", 300);
        Default(settings, "Connection Idle Lifetime", 60);
        Default(settings, "Maximum Pool Size", Math.Max(provider.PoolSizeMax, settings.MinPoolSize));
        Default(settings, "GSS Encryption Mode", GssEncryptionMode.Disable);
        Default(settings, "Application Name", "holdfast");
        settings.MaxAutoPrepare = 0;
        settings.NoResetOnClose = true;
        settings.Multiplexing = false;
        settings.Enlist = false;
        settings.PersistSecurityInfo = false;
        settings.LogParameters = false;
        return settings;
    }

    private static void Default(NpgsqlConnectionStringBuilder settings, string keyword, object value)
    {
        if (!TransportSecurity.IsSet(settings, keyword)) settings[keyword] = value;
    }

    // Npgsql counts whole seconds, and zero means for ever.
    private static int Seconds(TimeSpan time) => (int)Math.Clamp(Math.Ceiling(time.TotalSeconds), 1, 1024);
}
