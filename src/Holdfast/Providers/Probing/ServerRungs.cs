using System.Security.Cryptography;
using Holdfast.Providers.Failures;
using Holdfast.Rows;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Providers.Probing;

/// <summary>The rungs inside of the server: in, a query, a committed row. One round trip each.</summary>
internal sealed class ServerRungs(NpgsqlConnectionStringBuilder settings, string schema, TimeProvider time, TimeSpan deadline, string? certificateHost)
{
    private const string Ask = """
        select pg_backend_pid(), clock_timestamp(), current_setting('server_version_num')::int, pg_is_in_recovery(),
          has_function_privilege('pg_control_system()', 'execute')
        """;

    private readonly string _write = $"""
        insert into {schema}.{Tables.Canary.Name} as c (id, token, written_at) values ($1, $2, clock_timestamp())
        on conflict (id) do update set token = excluded.token, written_at = excluded.written_at returning c.token
        """;

    public async Task<string?> OpenAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        // The handshake was had; a server with few connections should not hold two of ours.
        run.Socket?.Dispose();
        var own = new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            Host = run.Host, Port = run.Port, Pooling = false, Enlist = false, NoResetOnClose = true, MaxAutoPrepare = 0,
            Timeout = Math.Max(1, (int)Math.Ceiling(deadline.TotalSeconds)), CommandTimeout = 0, CancellationTimeout = -1,
            ApplicationName = "holdfast probe",
        };
        run.Source = PostgresSource.Build(own, certificateHost, loadsTypes: false);
        run.Connection = run.Source.CreateConnection();
        await run.Connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        return $"{settings.Username} in {settings.Database ?? settings.Username}";
    }

    public async Task<string?> ReadAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        var facts = run.Facts;
        var command = new NpgsqlCommand(Ask, run.Connection);
        await using var _ = command.ConfigureAwait(false);
        var (at, before) = (time.GetUtcNow(), time.GetTimestamp());
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var trip = time.GetElapsedTime(before);
        facts.Latency = trip;
        facts.ClockUncertainty = trip / 2;
        facts.ClockOffset = new DateTimeOffset(reader.GetDateTime(1), TimeSpan.Zero) - (at + trip / 2);
        facts.ServerVersion = reader.GetInt32(2) / 10_000;
        facts.IsStandby = reader.GetBoolean(3);
        // A pooler hands out cancellation keys of its own: the process id of the handshake is not the backend's.
        facts.IsPooled = reader.GetInt32(0) != run.Connection!.ProcessID;
        run.MayReadIdentifier = reader.GetBoolean(4);
        return FormattableString.Invariant($"PostgreSQL {facts.ServerVersion}{(facts.IsPooled == true ? " behind a pooler" : "")}, {trip.TotalMilliseconds:0.0} ms");
    }

    public async Task<string?> WriteAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        // Random, and asked back: an answer from a cache or from another server's row would not have it.
        var token = new Guid(RandomNumberGenerator.GetBytes(16));
        var command = new NpgsqlCommand(_write, run.Connection) { Parameters = { new() { Value = Environment.MachineName }, new() { Value = token } } };
        await using var _ = command.ConfigureAwait(false);
        object? kept;
        try
        {
            kept = await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.InsufficientPrivilege && run.Facts.IsStandby != true && ReadingRoles.Contains(settings.Username, schema))
        {
            throw new ProbeFailedException(FailureCause.ReadOnly, $"{settings.Username} is a role that only reads, as access declares it.",
                $"Nothing is wrong with the server: the connection has the log-in of {settings.Username}, which only reads. To write, give it that of {schema}_app_a or {schema}_app_b ('holdfast access apply --write-secrets FILE' writes them).");
        }
        return token.Equals(kept) ? "a row was committed" : throw new ProbeFailedException(FailureCause.Drift, $"{schema}.{Tables.Canary.Name} kept another row than the one that was written.");
    }
}
