namespace Holdfast.Providers.Failures;

/// <summary>What PgBouncer says, mostly as 08P01. The more telling text stands first: it repeats a server's words inside of its own.</summary>
internal static class PgBouncerMessages
{
    public static readonly PoolerMessage[] All =
    [
        new("unsupported startup parameter", FailureCause.Configuration),
        new("no such database", FailureCause.Configuration),
        new("no database supplied", FailureCause.Configuration),
        new("database does not exist", FailureCause.Configuration),
        new("server login failed: FATAL database", FailureCause.Configuration),
        // What auth_type=any says of a database that it does not know.
        new("bouncer config error", FailureCause.Configuration),
        new("no such user", FailureCause.Authentication),
        new("password authentication failed", FailureCause.Authentication),
        new("SASL authentication failed", FailureCause.Authentication),
        new("certificate authentication failed", FailureCause.Authentication),
        new("\"trust\" authentication failed", FailureCause.Authentication),
        new("login rejected", FailureCause.Authentication),
        new("auth failed", FailureCause.Authentication),
        new("authentication failed", FailureCause.Authentication),
        new("SSL required", FailureCause.Tls),
        new("TLS required", FailureCause.Tls),
        new("no more connections allowed", FailureCause.Saturated),
        new("client connections exceeded", FailureCause.Saturated),
        new("query_wait_timeout", FailureCause.Saturated),
        new("too many servers in the pool", FailureCause.Saturated),
        new("too many clients", FailureCause.Saturated),
        new("remaining connection slots", FailureCause.Saturated),
        new("evicted", FailureCause.Saturated),
        new("no memory", FailureCause.Saturated),
        new("out of memory", FailureCause.Saturated),
        new("is disabled", FailureCause.Paused),
        new("does not allow connections", FailureCause.Paused),
        new("the database system is", FailureCause.Starting),
        new("shutting down", FailureCause.Starting, Forwarded: true),
        // The server's connection is closed, but its backend goes on with the statement and commits it.
        new("query_timeout", FailureCause.StatementTimeout, Forwarded: true),
        new("query timeout", FailureCause.StatementTimeout, Forwarded: true),
        new("transaction timeout", FailureCause.StatementTimeout, Forwarded: true),
        new("transaction_timeout", FailureCause.StatementTimeout, Forwarded: true),
        new("server conn crashed", FailureCause.Down, Forwarded: true),
        new("server connection closed", FailureCause.Down, Forwarded: true),
        new("server login", FailureCause.Down),
        new("server DNS lookup failed", FailureCause.Down),
        new("connect failed", FailureCause.Down),
        new("connect timeout", FailureCause.Down),
        new("cannot connect to server", FailureCause.Down),
        new("client_login_timeout", FailureCause.Down),
        new("client_idle_timeout", FailureCause.Asleep),
    ];
}
