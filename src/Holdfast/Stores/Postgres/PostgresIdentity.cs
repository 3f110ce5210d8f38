using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>What a server says about itself when it is first met.</summary>
/// <param name="Address">Where it is, without secrets.</param>
/// <param name="ServerVersion">Major version.</param>
/// <param name="IsPooled">True when a pooler answers in the server's place: then nothing may be prepared.</param>
/// <param name="ClockOffset">The server's clock minus ours.</param>
/// <param name="ClockUncertainty">Half of the round trip in which the clock was read.</param>
/// <param name="Security">What its policies let the connected role see.</param>
internal sealed record PostgresIdentity(string Address, int ServerVersion, bool IsPooled, TimeSpan ClockOffset, TimeSpan ClockUncertainty, RowSecurity Security = default)
{
    private const string Ask = "select pg_backend_pid(), clock_timestamp(), current_setting('server_version_num')::int";

    public static async Task<PostgresIdentity> AskAsync(NpgsqlDataSource source, string schema, TimeProvider time, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        var address = $"{settings.Host}:{settings.Port}/{settings.Database ?? settings.Username}";
        try
        {
            var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using var _ = connection.ConfigureAwait(false);
            var batch = new NpgsqlBatch(connection) { BatchCommands = { new(Ask), RowSecurity.LookAt(schema) } };
            await using var __ = batch.ConfigureAwait(false);
            var before = time.GetUtcNow();
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using var ___ = reader.ConfigureAwait(false);
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            var halfTrip = (time.GetUtcNow() - before) / 2;
            // A pooler hands out cancellation keys of its own: the process id of the handshake is not the backend's.
            var isPooled = reader.GetInt32(0) != connection.ProcessID;
            var offset = new DateTimeOffset(reader.GetDateTime(1), TimeSpan.Zero) - (before + halfTrip);
            var version = reader.GetInt32(2) / 10_000;
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            return new PostgresIdentity(address, version, isPooled, offset, halfTrip, RowSecurity.Read(reader));
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Translate(e, address);
        }
    }
}
