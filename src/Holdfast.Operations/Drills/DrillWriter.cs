using System.Globalization;

namespace Holdfast.Operations.Drills;

/// <summary>Writes one small row after the other, as an agent does, and remembers what was acknowledged when.</summary>
internal sealed class DrillWriter(Session session, TimeSpan every, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly List<(Guid Id, long At, bool Locally)> _acknowledged = [];
    private int _failed;

    public int Failed => Volatile.Read(ref _failed);

    public string? FirstError { get; private set; }

    public IReadOnlyList<(Guid Id, long At, bool Locally)> Acknowledged
    {
        get { lock (_lock) return [.. _acknowledged]; }
    }

    /// <summary>Raised with the holders of a write that was just acknowledged.</summary>
    public event EventHandler<IReadOnlyList<string>>? Wrote;

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(every, time);
        for (var n = 1; !stop.IsCancellationRequested; n++)
        {
            try
            {
                // Not under the token: a write that was begun is followed to its answer.
                var receipt = await session.AppendUserAsync(string.Create(CultureInfo.InvariantCulture, $"drill {n}"), cancellationToken: CancellationToken.None).ConfigureAwait(false);
                lock (_lock) _acknowledged.Add((receipt.Id, time.GetTimestamp(), receipt.Holders.Count == 0));
                Wrote?.Invoke(this, receipt.Holders);
            }
            catch (HoldfastException e)
            {
                Interlocked.Increment(ref _failed);
                FirstError ??= e.Message;
            }
            try
            {
                await timer.WaitForNextTickAsync(stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>The longest time without an acknowledgement, from <paramref name="since"/> on, in milliseconds; the pace itself is taken off.</summary>
    public double LongestGap(long since)
    {
        var worst = TimeSpan.Zero;
        var before = (long?)null;
        foreach (var (_, at, _) in Acknowledged)
        {
            if (before is { } last && at >= since && time.GetElapsedTime(last, at) is var gap && gap > worst) worst = gap;
            before = at;
        }
        return Math.Max(0, (worst - every).TotalMilliseconds);
    }
}
