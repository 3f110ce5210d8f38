using Npgsql;

namespace Holdfast.Operations.Schema.Sessions;

/// <summary>Work that needs a strong lock of one table, and who is in its way.</summary>
internal static class TableLock
{
    private const string Blockers = """
        select distinct 'process ' || a.pid || coalesce(' of ' || nullif(a.application_name, ''), '') || ' (' || coalesce(a.state, 'unknown') || coalesce(', transaction open for ' || extract(epoch from clock_timestamp() - a.xact_start)::int || ' s', '') || ')'
        from pg_locks l join pg_stat_activity a on a.pid = l.pid
        where l.relation = to_regclass($1) and l.granted and l.pid <> pg_backend_pid() and l.database = (select oid from pg_database where datname = current_database())
        """;

    /// <param name="retry">How patient it is.</param>
    /// <param name="session">Where it runs.</param>
    /// <param name="table">The table that is locked, qualified and quoted.</param>
    /// <param name="work">One try; what it did is undone when it throws.</param>
    /// <param name="waiting">Hears who holds the lock, before each pause.</param>
    /// <param name="cancellationToken">Ends the pauses.</param>
    /// <exception cref="LockNotGrantedException">Every try was in vain; nothing of the work was done.</exception>
    public static async Task<T> RunAsync<T>(LockRetry retry, ControlSession session, string table, Func<Task<T>> work, Action<string>? waiting, CancellationToken cancellationToken) =>
        (await retry.RunAsync(work, async met =>
        {
            var blockers = string.Join(", ", await session.QueryAsync(Blockers, row => row.GetString(0), cancellationToken, table).ConfigureAwait(false));
            if (blockers.Length == 0) blockers = "nobody any more";
            if (met.Pause is not { } pause) throw new LockNotGrantedException(session.Target, table, met.Try, met.Waited, blockers, met.Error);
            waiting?.Invoke($"{table} is in use by {blockers}; try {met.Try} of {retry.TriesMax} gave way, the next in {pause.TotalSeconds:0.0} s");
        }, cancellationToken).ConfigureAwait(false)).Result;
}

/// <summary>Somebody else kept the table for so long that the work was given up; what it had begun is undone.</summary>
public sealed class LockNotGrantedException : HoldfastException
{
    internal LockNotGrantedException(string target, string table, int tries, TimeSpan waited, string blockers, Exception inner)
        : base($"{target}: {table} could not be locked in {tries} tries and {waited.TotalSeconds:0} s; it is in use by {blockers}. End that, or run the command again when it has ended.", inner) { }
}
