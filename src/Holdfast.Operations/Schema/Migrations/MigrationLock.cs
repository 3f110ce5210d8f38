using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>
/// Lets one migrator work at a time: a session's advisory lock, taken by polling, because a session that waits inside
/// <c>pg_advisory_lock</c> holds a snapshot and would block <c>CREATE INDEX CONCURRENTLY</c> of the one that works.
/// </summary>
internal static class MigrationLock
{
    /// <summary>"HOLD" in ASCII; the second key says what is locked.</summary>
    private const int Key = 1213156420;

    private static readonly TimeSpan PollMin = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PollMax = TimeSpan.FromSeconds(2);

    public static async Task<TimeSpan> TakeAsync(NpgsqlConnection connection, TimeSpan waitMax, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var pause = PollMin; ; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, PollMax.Ticks)))
        {
            if (await TryAsync(connection, cancellationToken).ConfigureAwait(false)) return time.GetElapsedTime(started);
            if (time.GetElapsedTime(started) >= waitMax)
                throw new SchemaLockException(await HolderAsync(connection, cancellationToken).ConfigureAwait(false), waitMax);
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    public static async Task ReleaseAsync(NpgsqlConnection connection)
    {
        var command = new NpgsqlCommand($"select pg_advisory_unlock({Key}, hashtext('migrate'))", connection);
        await using var _ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    private static async Task<bool> TryAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand($"select pg_try_advisory_lock({Key}, hashtext('migrate'))", connection);
        await using var _ = command.ConfigureAwait(false);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    private static async Task<string> HolderAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand($"""
            select 'process ' || l.pid || coalesce(' of ' || a.application_name, '') || coalesce(', since ' || to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC', '')
            from pg_locks l left join pg_stat_activity a on a.pid = l.pid
            where l.locktype = 'advisory' and l.classid = {Key} and l.granted
              and l.database = (select oid from pg_database where datname = current_database())
            """, connection);
        await using var _ = command.ConfigureAwait(false);
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) as string ?? "a session that has ended meanwhile";
    }
}

/// <summary>Another migrator holds the lock; nothing was changed.</summary>
/// <param name="holder">Who holds it.</param>
/// <param name="waited">How long it was waited for.</param>
public sealed class SchemaLockException(string holder, TimeSpan waited)
    : HoldfastException($"Another migration is running: {holder}. Waited {waited.TotalSeconds:0} s and changed nothing; try again when it has ended.");
