using Holdfast.Providers.Configuration;
using Holdfast.Providers.Failures;
using Npgsql;

namespace Holdfast.Providers.Probing;

/// <summary>What to do about a rung that failed, where more is known than the cause alone: which rung it was, and whose host.</summary>
internal static class ProbeAdvice
{
    public static string For(string provider, ProbeStep step, Failure failure, NpgsqlConnectionStringBuilder settings, string schema)
    {
        var host = settings.Host ?? "";
        return (step, failure.Cause) switch
        {
            (ProbeStep.Dns, FailureCause.Down) when IsManaged(host) =>
                $"The name {host} does not resolve. Project paused? Open the provider's console; a paused project's name disappears. Otherwise check the name for a typing error.",
            (ProbeStep.Dns, FailureCause.Down) => $"The name {host} does not resolve: check it for a typing error, and this machine's name servers by 'getent hosts {host}'.",
            (ProbeStep.Tcp, FailureCause.Down) when failure.Message.Contains("No answer", StringComparison.Ordinal) =>
                $"{host} does not answer on port {settings.Port}: a firewall drops the connection, or the machine is down; look at the provider's status page and its list of allowed addresses.",
            (ProbeStep.Tcp, FailureCause.Down) when host.Contains("supabase", StringComparison.OrdinalIgnoreCase) =>
                "The connection is refused. Project paused, or this address banned after wrong passwords (30 minutes)? Open the provider's console: Database, Network bans.",
            (ProbeStep.Tcp, FailureCause.Down) => $"Nobody listens on {host} port {settings.Port}: check the port, and that the server runs.",
            (ProbeStep.Tls or ProbeStep.Auth or ProbeStep.Read, FailureCause.Down) =>
                "The port accepts but the server does not answer: it is frozen or overloaded, or a proxy stands in front of a server that is gone; look at the provider's console and restart it there.",
            (_, FailureCause.Drift) when failure.SqlState is "42501" =>
                $"{failure.Message}: {GrantAdvice.ForAll(provider, schema, PoolerNames.RoleAtServer(settings))}",
            (_, FailureCause.Drift) when failure.SqlState is "42P01" or "3F000" or "42703" =>
                $"Schema {schema} is missing there or older than this program: run 'holdfast schema migrate' against it.",
            (_, FailureCause.ReadOnly) =>
                "read-only: it is a standby, or default_transaction_read_only is set for the role or the database; run: alter role \"" + settings.Username + "\" reset default_transaction_read_only; or use the provider's primary endpoint.",
            (ProbeStep.Write, FailureCause.Down) => "It reads but does not commit: another session may lock the canary row, or its disk hangs; look at pg_stat_activity and the provider's console.",
            _ => failure.Advice,
        };
    }

    // Providers that take a paused project's name away.
    private static bool IsManaged(string host) => host.EndsWith(".supabase.co", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".supabase.com", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".neon.tech", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".rlwy.net", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".railway.internal", StringComparison.OrdinalIgnoreCase);
}
