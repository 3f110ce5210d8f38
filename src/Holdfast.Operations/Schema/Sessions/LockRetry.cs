using Npgsql;

namespace Holdfast.Operations.Schema.Sessions;

/// <summary>
/// Tries work that needs a strong lock again and again with a short limit, instead of waiting in the lock's queue, where every
/// later reader and writer would wait behind it.
/// </summary>
internal sealed class LockRetry(TimeProvider time)
{
    /// <summary>How long a single try waits for its lock, and so the longest that others wait behind it.</summary>
    public const string Limit = "500ms";

    public int TriesMax { get; init; } = 20;

    public TimeSpan PauseMin { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan PauseMax { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan TimeMax { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A number from 0 to 1: where in its range a pause lies.</summary>
    public Func<double> Jitter { get; init; } = Random.Shared.NextDouble;

    /// <summary>Runs it until it does not meet a lock.</summary>
    /// <param name="work">One try; what it did is undone when it throws.</param>
    /// <param name="met">Hears of each lock that was met, before the pause; what it throws ends it.</param>
    /// <param name="cancellationToken">Ends the pauses.</param>
    /// <exception cref="PostgresException">Another error, or the last lock that was met.</exception>
    public async Task<LockTries<T>> RunAsync<T>(Func<Task<T>> work, Func<MetLock, Task> met, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            var lost = tries == 1 ? TimeSpan.Zero : time.GetElapsedTime(started);
            try
            {
                return new LockTries<T>(await work().ConfigureAwait(false), tries - 1, lost);
            }
            catch (PostgresException e) when (IsLockFailure(e.SqlState))
            {
                var pause = Pause(tries, Jitter());
                var waited = time.GetElapsedTime(started);
                var isLast = tries >= TriesMax || waited + pause > TimeMax;
                await met(new MetLock(e, tries, waited, isLast ? null : pause)).ConfigureAwait(false);
                if (isLast) throw;
                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Somebody else has the lock, or two were in each other's way: the same may work later.</summary>
    public static bool IsLockFailure(string sqlState) => sqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;

    /// <summary>Full jitter over a span that doubles, so that two that collide do not collide again.</summary>
    public TimeSpan Pause(int attempt, double random)
    {
        var span = Math.Min(PauseMax.TotalSeconds, PauseMin.TotalSeconds * Math.Pow(2, Math.Min(attempt, 30)));
        return TimeSpan.FromSeconds(PauseMin.TotalSeconds + (random * Math.Max(span - PauseMin.TotalSeconds, 0)));
    }
}

/// <summary>A try that met a lock.</summary>
/// <param name="Error">What the server said.</param>
/// <param name="Try">Its number, from 1.</param>
/// <param name="Waited">Since the first began.</param>
/// <param name="Pause">How long until the next; null: there is none.</param>
internal sealed record MetLock(PostgresException Error, int Try, TimeSpan Waited, TimeSpan? Pause);

/// <summary>What the try made that met no lock.</summary>
/// <param name="Result">It.</param>
/// <param name="Retries">Tries before it.</param>
/// <param name="Lost">The time that they took.</param>
internal sealed record LockTries<T>(T Result, int Retries, TimeSpan Lost);
