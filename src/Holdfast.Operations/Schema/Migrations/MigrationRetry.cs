using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>
/// Tries again what met a lock, and nothing else. A short wait for the lock and a pause in between: while a statement waits for a
/// table's lock, everybody who comes after it waits too.
/// </summary>
internal sealed class MigrationRetry(MigrationOptions options, TimeProvider time, IProgress<MigrationEvent>? progress)
{
    /// <summary>Runs it until it does not meet a lock; how often it did, and the time lost by that.</summary>
    /// <param name="script">The file.</param>
    /// <param name="attempt">One try; it must leave nothing behind when it throws.</param>
    /// <param name="blockers">Who was in the way, as far as it was seen.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<(int Retries, TimeSpan Lost)> RunAsync(string script, Func<CancellationToken, Task> attempt, Func<string?> blockers, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            var lost = time.GetElapsedTime(started);
            try
            {
                await attempt(cancellationToken).ConfigureAwait(false);
                return (tries - 1, tries == 1 ? TimeSpan.Zero : lost);
            }
            catch (PostgresException e) when (MigrationFailedException.IsLockFailure(e.SqlState) && tries < options.TriesMax && time.GetElapsedTime(started) < options.TryTimeMax)
            {
                var pause = Pause(tries);
                progress?.Report(new MigrationEvent(MigrationEventKind.Blocked, script,
                    $"try {tries} of {options.TriesMax}: {e.MessageText}; {blockers() ?? "who holds the lock was not seen"}; again in {pause.TotalSeconds:0.0} s"));
                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // Full jitter, so that two that met do not meet again.
    private TimeSpan Pause(int tries)
    {
        var most = Math.Min(options.RetryDelayMax.Ticks, options.RetryDelayMin.Ticks * Math.Pow(2, Math.Min(tries, 30)));
        return TimeSpan.FromTicks((long)(options.RetryDelayMin.Ticks + (Math.Max(most - options.RetryDelayMin.Ticks, 0) * options.Jitter())));
    }
}
