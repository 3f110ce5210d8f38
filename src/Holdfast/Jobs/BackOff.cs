namespace Holdfast;

/// <summary>
/// How long a failed job waits: one second after the first failure, doubling up to ten minutes, of which a random half is
/// taken off so that jobs that failed together do not come back together.
/// </summary>
internal static class BackOff
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan Max = TimeSpan.FromMinutes(10);

    /// <param name="failures">Failures so far, this one included.</param>
    /// <param name="random">From 0 (the shortest wait) up to 1 (the whole).</param>
    public static TimeSpan After(long failures, double random)
    {
        // 2^10 seconds are beyond the longest wait already.
        var whole = TimeSpan.FromTicks(Math.Min(Max.Ticks, First.Ticks << (int)Math.Clamp(failures - 1, 0, 10)));
        return whole * (0.5 + random / 2);
    }
}
