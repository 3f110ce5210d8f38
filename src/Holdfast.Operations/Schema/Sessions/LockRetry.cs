using Npgsql;

namespace Holdfast.Operations.Schema.Sessions;

/// <summary>
/// Tries work that needs a strong lock again and again with a short limit, instead of waiting in the lock's queue, where every
/// later reader and writer would wait behind it.
/// </summary>
internal sealed class LockRetry(TimeProvider time)
{
    private const string Blockers = """
        select distinct 'process ' || a.pid || coalesce(' of ' || nullif(a.application_name, ''), '') || ' (' || coalesce(a.state, 'unknown') || coalesce(', transaction open for ' || extract(epoch from clock_timestamp() - a.xact_start)::int || ' s', '') || ')'
        from pg_locks l join pg_stat_activity a on a.pid = l.pid
        where l.relation = to_regclass($1) and l.granted and l.pid <> pg_backend_pid() and l.database = (select oid from pg_database where datname = current_database())
        """;

    /// <summary>How long a single try waits for its lock, and so the longest that others wait behind it.</summary>
    public const string Limit = "500ms";

    public int TriesMax { get; init; } = 20;

    public TimeSpan PauseMin { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan PauseMax { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan TimeMax { get; init; } = TimeSpan.FromMinutes(10);

    /// <param name="session">Where it runs.</param>
    /// <param name="table">The table that is locked, qualified and quoted.</param>
    /// <param name="work">One try; what it did is undone when it throws.</param>
    /// <param name="waiting">Hears who holds the lock, before each pause.</param>
    /// <param name="cancellationToken">Ends the pauses.</param>
    /// <exception cref="LockNotGrantedException">Every try was in vain; nothing of the work was done.</exception>
    public async Task<T> RunAsync<T>(ControlSession session, string table, Func<Task<T>> work, Action<string>? waiting, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await work().ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.SqlState is "55P03" or "40P01")
            {
                var blockers = string.Join(", ", await session.QueryAsync(Blockers, row => row.GetString(0), cancellationToken, table).ConfigureAwait(false));
                if (blockers.Length == 0) blockers = "nobody any more";
                var pause = Pause(attempt, Random.Shared.NextDouble());
                if (attempt >= TriesMax || time.GetElapsedTime(started) + pause > TimeMax)
                    throw new LockNotGrantedException(session.Target, table, attempt, time.GetElapsedTime(started), blockers, e);
                waiting?.Invoke($"{table} is in use by {blockers}; try {attempt} of {TriesMax} gave way, the next in {pause.TotalSeconds:0.0} s");
                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Full jitter over a span that doubles, so that two that collide do not collide again.</summary>
    public TimeSpan Pause(int attempt, double random)
    {
        var span = Math.Min(PauseMax.TotalSeconds, PauseMin.TotalSeconds * Math.Pow(2, Math.Min(attempt, 30)));
        return TimeSpan.FromSeconds(PauseMin.TotalSeconds + (random * (span - PauseMin.TotalSeconds)));
    }
}

/// <summary>Somebody else kept the table for so long that the work was given up; what it had begun is undone.</summary>
public sealed class LockNotGrantedException : HoldfastException
{
    internal LockNotGrantedException(string target, string table, int tries, TimeSpan waited, string blockers, Exception inner)
        : base($"{target}: {table} could not be locked in {tries} tries and {waited.TotalSeconds:0} s; it is in use by {blockers}. End that, or run the command again when it has ended.", inner) { }
}
