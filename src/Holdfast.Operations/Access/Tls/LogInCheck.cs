using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Access.Tls;

/// <summary>What only a session shows: which sessions of the database have no TLS.</summary>
internal static class LogInCheck
{
    private const string AskSessions = """
        select count(*) filter (where not s.ssl and a.client_addr is not null and not (a.client_addr <<= '127.0.0.0/8' or a.client_addr = '::1')),
          count(*) filter (where not s.ssl and (a.client_addr is null or a.client_addr <<= '127.0.0.0/8' or a.client_addr = '::1')),
          count(*) filter (where s.ssl), string_agg(distinct coalesce(a.usename, '?'), ', ') filter (where not s.ssl),
          pg_has_role('pg_read_all_stats', 'usage')
        from pg_stat_ssl s join pg_stat_activity a on a.pid = s.pid where a.datname = current_database() and a.backend_type = 'client backend'
        """;

    /// <summary>The point about sessions, and whether a log-in was made.</summary>
    public static async Task<(TlsPoint Sessions, bool LoggedIn)> RunAsync(NpgsqlConnectionStringBuilder settings, string? certificateHost, CancellationToken cancellationToken)
    {
        var own = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false, ApplicationName = "holdfast access", MaxAutoPrepare = 0 };
        var connection = PostgresSource.Connection(own);
        await using var _ = connection.ConfigureAwait(false);
        if (certificateHost is not null) connection.SslClientAuthenticationOptionsCallback = tls => tls.TargetHost = certificateHost;
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            // It may be a pooler: nothing is left set.
            var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using var __ = transaction.ConfigureAwait(false);
            await AccessControl.ExecuteAsync(connection, "set local search_path = pg_catalog, pg_temp", cancellationToken).ConfigureAwait(false);
            return (await SessionsAsync(connection, cancellationToken).ConfigureAwait(false), true);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return (new("sessions", TlsVerdict.Warning, $"no log-in: {e.InnerException?.Message ?? e.Message}", "What only a session shows was not seen: check user, password and certificate of the connection (holdfast provider test)."), false);
        }
    }

    private static async Task<TlsPoint> SessionsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (plain, local, secure, users, seesAll) = (await AccessState.QueryAsync(connection, AskSessions, [], row =>
            (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.IsDBNull(3) ? "" : row.GetString(3), row.GetBoolean(4)), cancellationToken).ConfigureAwait(false))[0];
        var detail = FormattableString.Invariant($"{secure} with TLS, {plain} without, {local} without on the server's own machine{(users.Length > 0 ? $" ({users})" : "")}{(seesAll ? "" : "; those of other roles may not be seen (pg_read_all_stats)")}");
        return new("sessions", plain > 0 ? TlsVerdict.Warning : TlsVerdict.Good, detail, plain > 0 ? "Let the server refuse them: hostssl instead of host in pg_hba.conf, or the provider's switch \"enforce SSL\"." : null);
    }
}
