namespace Holdfast.Providers;

/// <summary>How long the last calls took: the share of them that percentiles are read from.</summary>
internal sealed class LatencyWindow
{
    private const int Size = 512;

    /// <summary>Percentiles are worked out anew after so many calls, not after each.</summary>
    private const int Refresh = 32;

    private readonly Lock _lock = new();
    private readonly long[] _ticks = new long[Size];
    private long[] _sorted = [];
    private int _count;

    public void Record(TimeSpan took)
    {
        lock (_lock)
        {
            _ticks[_count++ % Size] = took.Ticks;
            if (_count == 2 * Size) _count = Size;
            if (_sorted.Length < 8 || _count % Refresh == 0)
            {
                var sorted = _ticks.AsSpan(0, Math.Min(_count, Size)).ToArray();
                Array.Sort(sorted);
                _sorted = sorted;
            }
        }
    }

    /// <summary>The latency that <paramref name="share"/> (0 to 1) of the last calls did not exceed; null: no call yet.</summary>
    public TimeSpan? Percentile(double share)
    {
        var sorted = Volatile.Read(ref _sorted);
        return sorted.Length == 0 ? null : TimeSpan.FromTicks(sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))]);
    }
}
