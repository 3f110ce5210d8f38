namespace Holdfast.Operations.Drills;

/// <summary>Waits until something holds.</summary>
internal static class Condition
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(10);

    /// <summary>False: it did not come to hold within <paramref name="limit"/>.</summary>
    public static async Task<bool> HoldsAsync(Func<Task<bool>> condition, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        using var timer = new PeriodicTimer(Every, time);
        while (!await condition().ConfigureAwait(false))
        {
            if (time.GetElapsedTime(started) > limit) return false;
            await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false);
        }
        return true;
    }

    public static Task<bool> HoldsAsync(Func<bool> condition, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken) =>
        HoldsAsync(() => Task.FromResult(condition()), limit, time, cancellationToken);
}
