using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>What a server says about itself when it is first met.</summary>
/// <param name="Address">Where it is, without secrets.</param>
/// <param name="ServerVersion">Major version.</param>
/// <param name="IsPooled">True when a pooler answers in the server's place: then nothing may be prepared.</param>
/// <param name="ClockOffset">The server's clock minus ours.</param>
/// <param name="ClockUncertainty">Half of the round trip in which the clock was read.</param>
internal sealed record PostgresIdentity(string Address, int ServerVersion, bool IsPooled, TimeSpan ClockOffset, TimeSpan ClockUncertainty)
{
    private const string Ask = "select pg_backend_pid(), clock_timestamp(), current_setting('server_version_num')::int";

    public static async Task<PostgresIdentity> AskAsync(NpgsqlDataSource source, TimeProvider time, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        var address = $"{settings.Host}:{settings.Port}/{settings.Database ?? settings.Username}";
        try
        {
            var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using var _ = connection.ConfigureAwait(false);
            var command = new NpgsqlCommand(Ask, connection);
            await using var __ = command.ConfigureAwait(false);
            var before = time.GetUtcNow();
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using var ___ = reader.ConfigureAwait(false);
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            var halfTrip = (time.GetUtcNow() - before) / 2;
            // A pooler hands out cancellation keys of its own: the process id of the handshake is not the backend's.
            var isPooled = reader.GetInt32(0) != connection.ProcessID;
            var offset = new DateTimeOffset(reader.GetDateTime(1), TimeSpan.Zero) - (before + halfTrip);
            return new PostgresIdentity(address, reader.GetInt32(2) / 10_000, isPooled, offset, halfTrip);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Translate(e, address);
        }
    }
}
