using Holdfast.Operations.Schema.Migrations;
using Npgsql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>Keeps migrations away while a schema is read, so that a deploy in flight is not taken for drift. Ends with the connection.</summary>
internal static class SharedMigrationLock
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <exception cref="SchemaLockException">A migration ran for longer than that.</exception>
    public static async Task TakeAsync(NpgsqlConnection connection, TimeSpan waitMax, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var command = new NpgsqlCommand($"select pg_try_advisory_lock_shared({MigrationLock.Key}, hashtext('migrate'))", connection);
        await using var _ = command.ConfigureAwait(false);
        while (!(bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!)
        {
            if (time.GetElapsedTime(started) >= waitMax) throw new SchemaLockException(await MigrationLock.HolderAsync(connection, cancellationToken).ConfigureAwait(false), waitMax);
            await Task.Delay(Poll, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
