using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>
/// Lets one migrator work at a time, and none beside a backup: a session's advisory locks, taken by polling, because a session that
/// waits inside <c>pg_advisory_lock</c> holds a snapshot and would block <c>CREATE INDEX CONCURRENTLY</c> of the one that works.
/// </summary>
/// <remarks>Never rows: a row travels inside of a backup and outlives the process that wrote it.</remarks>
internal static class MigrationLock
{
    /// <summary>"HOLD" in ASCII; the second key says what is locked.</summary>
    public const int Key = 1213156420;

    /// <summary>Whoever migrates holds it.</summary>
    public const string Migrate = "migrate";

    /// <summary>A backup holds it shared, a migration alone, so that DDL never waits in front of a dump's readers.</summary>
    public const string Backup = "backup";

    private static readonly TimeSpan PollMin = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PollMax = TimeSpan.FromSeconds(2);

    /// <summary>Takes both; how long that took.</summary>
    /// <exception cref="SchemaLockException">Somebody else held one for too long.</exception>
    public static async Task<TimeSpan> TakeAsync(NpgsqlConnection connection, TimeSpan waitMax, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        foreach (var what in (string[])[Migrate, Backup]) await TakeAsync(connection, what, isShared: false, started, waitMax, time, cancellationToken).ConfigureAwait(false);
        return time.GetElapsedTime(started);
    }

    /// <summary>Keeps migrations away while a schema is read, so that a deploy in flight is not taken for drift; it ends with the connection.</summary>
    /// <exception cref="SchemaLockException">A migration ran for too long.</exception>
    public static Task TakeSharedAsync(NpgsqlConnection connection, TimeSpan waitMax, TimeProvider time, CancellationToken cancellationToken) =>
        TakeAsync(connection, Migrate, isShared: true, time.GetTimestamp(), waitMax, time, cancellationToken);

    private static async Task TakeAsync(NpgsqlConnection connection, string what, bool isShared, long started, TimeSpan waitMax, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var pause = PollMin; !await TryAsync(connection, what, isShared, cancellationToken).ConfigureAwait(false); pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, PollMax.Ticks)))
        {
            var left = waitMax - time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
                throw new SchemaLockException(await HolderOrNullAsync(connection, what, aloneOnly: isShared, cancellationToken).ConfigureAwait(false) ?? "a session that has ended meanwhile", waitMax, what == Backup);
            await Task.Delay(left < pause ? left : pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    public static async Task ReleaseAsync(NpgsqlConnection connection)
    {
        var command = new NpgsqlCommand($"select pg_advisory_unlock({Key}, hashtext('{Migrate}')), pg_advisory_unlock({Key}, hashtext('{Backup}'))", connection);
        await using var _ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    /// <summary>Gives back what was taken by <see cref="TakeSharedAsync"/>.</summary>
    public static async Task ReleaseSharedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand($"select pg_advisory_unlock_shared({Key}, hashtext('{Migrate}'))", connection);
        await using var _ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Who migrates at this moment; null: nobody.</summary>
    public static Task<string?> MigratorOrNullAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => HolderOrNullAsync(connection, Migrate, aloneOnly: true, cancellationToken);

    // Whoever only reads a schema holds the lock too, shared with others.
    private static async Task<string?> HolderOrNullAsync(NpgsqlConnection connection, string what, bool aloneOnly, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand($"""
            select 'process ' || l.pid || coalesce(' of ' || nullif(a.application_name, ''), '') || coalesce(', since ' || to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC', '')
            from pg_locks l left join pg_stat_activity a on a.pid = l.pid
            where l.locktype = 'advisory' and l.classid = {Key} and l.objid = (hashtext($1)::bigint & 4294967295)::oid and l.objsubid = 2 and l.granted
              and l.database = (select oid from pg_database where datname = current_database()) and l.pid <> pg_backend_pid()
              and (l.mode = 'ExclusiveLock' or not $2)
            """, connection) { Parameters = { new() { Value = what }, new() { Value = aloneOnly } } };
        await using var _ = command.ConfigureAwait(false);
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) as string;
    }

    private static async Task<bool> TryAsync(NpgsqlConnection connection, string what, bool isShared, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand($"select pg_try_advisory_lock{(isShared ? "_shared" : "")}({Key}, hashtext($1))", connection) { Parameters = { new() { Value = what } } };
        await using var _ = command.ConfigureAwait(false);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }
}

/// <summary>Another migrator or a backup holds the lock; nothing was changed.</summary>
/// <param name="holder">Who holds it.</param>
/// <param name="waited">How long it was waited for.</param>
/// <param name="backup">True when it is a backup.</param>
public sealed class SchemaLockException(string holder, TimeSpan waited, bool backup = false)
    : HoldfastException($"{(backup ? "A backup" : "Another migration")} is running: {holder}. Waited {waited.TotalSeconds:0} s and changed nothing; try again when it has ended.");
