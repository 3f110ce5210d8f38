using Holdfast.Operations.Schema.Sessions;
using Npgsql;

namespace Holdfast.Operations.Schema.Indexes;

/// <summary>Tells how far a build is, from a connection beside it.</summary>
internal sealed class BuildProgress(NpgsqlConnectionStringBuilder settings, TimeProvider time)
{
    private const string Look = """
        select phase || case when blocks_total > 0 then ', block ' || blocks_done || ' of ' || blocks_total when tuples_total > 0 then ', row ' || tuples_done || ' of ' || tuples_total
          when lockers_total > 0 then ', waiting for process ' || current_locker_pid || ' (' || lockers_done || ' of ' || lockers_total || ')' else '' end
        from pg_stat_progress_create_index where pid = $1
        """;

    /// <summary>Ends with the token, or when it cannot look: a build does not fail for want of a progress line.</summary>
    public async Task WatchAsync(int pid, Action<string> progress, TimeSpan period, CancellationToken cancellationToken)
    {
        try
        {
            var session = await ControlSession.OpenAsync(settings, "holdfast schema index progress", null, cancellationToken).ConfigureAwait(false);
            await using var _ = session.ConfigureAwait(false);
            using var timer = new PeriodicTimer(period, time);
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
                foreach (var line in await session.QueryAsync(Look, row => row.GetString(0), cancellationToken, pid).ConfigureAwait(false)) progress(line);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The build has ended.
        }
        catch (Exception e) when (e is NpgsqlException or HoldfastException)
        {
            progress($"how far it is cannot be seen: {e.Message}");
        }
    }
}
