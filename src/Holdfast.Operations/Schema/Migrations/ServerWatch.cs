using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Looks, from a second connection and as long as it is not disposed, at what a session of the server is at.</summary>
internal sealed class ServerWatch : IAsyncDisposable
{
    private const string Waiting = """
        select pg_catalog.string_agg(pg_catalog.format('process %s%s holds it%s', a.pid, coalesce(' of ' || nullif(a.application_name, ''), ' (' || nullif(a.backend_type, 'client backend') || ')', ''),
          coalesce(', its transaction is open for ' || round(extract(epoch from clock_timestamp() - a.xact_start)::numeric, 1) || ' s', '')), '; ')
        from pg_stat_activity a where a.pid = any(pg_blocking_pids($1))
        """;

    private const string Building = """
        select phase || case when blocks_total > 0 then pg_catalog.format(', block %s of %s', blocks_done, blocks_total) else '' end
          || case when lockers_total > 0 then pg_catalog.format(', transaction %s of %s (waits for process %s)', lockers_done, lockers_total, current_locker_pid) else '' end
        from pg_stat_progress_create_index where pid = $1
        """;

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private volatile string? _last;

    private ServerWatch(NpgsqlConnection observer, string sql, int processId, TimeSpan interval, TimeProvider time, Action<string>? news) =>
        _loop = LookAsync(observer, sql, processId, interval, time, news, _stop.Token);

    /// <summary>What was seen last; null: nothing.</summary>
    public string? Last => _last;

    public static ServerWatch Blockers(MigrationSession session, MigrationTarget target) =>
        new(session.Observer, Waiting, session.Connection.ProcessID, target.Options.WatchInterval, target.Time, null);

    public static ServerWatch Build(MigrationSession session, MigrationTarget target, Action<string> news) =>
        new(session.Observer, Building, session.Connection.ProcessID, TimeSpan.FromSeconds(1), target.Time, news);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task LookAsync(NpgsqlConnection observer, string sql, int processId, TimeSpan interval, TimeProvider time, Action<string>? news, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await Task.Delay(interval, time, stop).ConfigureAwait(false);
                var command = new NpgsqlCommand(sql, observer) { Parameters = { new() { Value = processId } } };
                await using var _ = command.ConfigureAwait(false);
                // To its end: a command that is cut would break the connection for the next look.
                if (await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false) is string { Length: > 0 } seen && seen != _last)
                {
                    _last = seen;
                    news?.Invoke(seen);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody looks any more.
        }
        catch (NpgsqlException e)
        {
            // The migration itself goes on; only what it waits for is not known.
            _last = $"who holds the lock could not be seen: {e.Message}";
        }
    }
}
