using Holdfast.Operations.Schema.Migrations;
using Npgsql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>Keeps migrations away while a schema is read, so that a deploy in flight is not taken for drift. Ends with the connection.</summary>
internal static class SharedMigrationLock
{
    // The very lock that a migration takes alone (MigrationLock).
    private const string Take = "select pg_try_advisory_lock_shared(1213156420, hashtext('migrate'))";

    private const string Holder = """
        select 'process ' || l.pid || coalesce(' of ' || nullif(a.application_name, ''), '') from pg_locks l left join pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'advisory' and l.classid = 1213156420 and l.granted and l.mode = 'ExclusiveLock' and l.pid <> pg_backend_pid()
          and l.database = (select oid from pg_database where datname = current_database())
        """;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <exception cref="SchemaLockException">A migration ran for longer than that.</exception>
    public static async Task TakeAsync(NpgsqlConnection connection, TimeSpan waitMax, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var command = new NpgsqlCommand(Take, connection);
        await using var _ = command.ConfigureAwait(false);
        while (!(bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!)
        {
            if (time.GetElapsedTime(started) >= waitMax) throw new SchemaLockException(await HolderAsync(connection, cancellationToken).ConfigureAwait(false), waitMax);
            await Task.Delay(Poll, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<string> HolderAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Holder, connection);
        await using var _ = command.ConfigureAwait(false);
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) as string ?? "a session that has ended meanwhile";
    }
}
