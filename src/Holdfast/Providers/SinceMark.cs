namespace Holdfast.Providers;

/// <summary>When something began that still holds, for all threads: the first to say so sets the moment, and it stands until it is over.</summary>
internal sealed class SinceMark
{
    private long _ticks;

    public bool Holds => Interlocked.Read(ref _ticks) != 0;

    /// <summary>When it began; null: it does not hold.</summary>
    public DateTimeOffset? At => Interlocked.Read(ref _ticks) is > 0 and var value ? new DateTimeOffset(value, TimeSpan.Zero) : null;

    /// <returns>False: it holds already.</returns>
    public bool Begin(DateTimeOffset now) => Interlocked.CompareExchange(ref _ticks, now.UtcTicks, 0) == 0;

    /// <returns>False: it did not hold.</returns>
    public bool End() => Interlocked.Exchange(ref _ticks, 0) != 0;
}
