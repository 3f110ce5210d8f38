namespace Holdfast.Rows;

/// <summary>
/// A hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014) that hands out <see cref="Stamp"/>s: never the
/// same or a lower one twice within the process, and above every stamp that the process has read.
/// </summary>
/// <remarks>
/// A foreign clock that is wrong must not drag ours along: a stamp that is further ahead than <see cref="DriftMax"/> is read
/// and counted, but moves only the successors that must stand above it, not this shared clock.
/// </remarks>
public sealed class Clock(TimeProvider? time = null)
{
    /// <summary>How far ahead of this clock a stamp may be and still pull it along: one minute.</summary>
    public static readonly TimeSpan DriftMax = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private long _last;
    private long _offset;
    private long _farAhead;

    /// <summary>Stamps read so far that lay more than <see cref="DriftMax"/> ahead: somebody's clock is wrong.</summary>
    public long FarAheadCount => Interlocked.Read(ref _farAhead);

    /// <summary>What is added to the machine's time: the difference to the store's clock, once it is known.</summary>
    public TimeSpan Offset => TimeSpan.FromMilliseconds(Interlocked.Read(ref _offset));

    /// <summary>Now, corrected by <see cref="Offset"/>, to the microsecond: the precision of every store.</summary>
    public DateTimeOffset Now => Timestamps.ToMicroseconds(_time.GetUtcNow() + Offset);

    /// <summary>Corrects this clock by what a store's clock says; to be called before the first stamp is made.</summary>
    public void Correct(TimeSpan offset) => Interlocked.Exchange(ref _offset, (long)offset.TotalMilliseconds);

    /// <summary>The next stamp.</summary>
    public Stamp Next() => Next(Stamp.None);

    /// <summary>
    /// The next stamp, above <paramref name="floor"/> however far ahead that lies: a revision above its base, a message
    /// above the last one seen in its session, a row above every erasure known for its scope.
    /// </summary>
    public Stamp Next(Stamp floor)
    {
        var above = floor.Packed + 1;
        while (true)
        {
            var last = Interlocked.Read(ref _last);
            var reading = Reading();
            var next = Math.Max(reading, last + 1);
            if (above > next && IsFarAhead(above, reading))
                return Stamp.FromPacked(above, Tail());
            next = Math.Max(next, above);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
                return Stamp.FromPacked(next, Tail());
        }
    }

    /// <summary>Moves this clock past a stamp that was read, unless it lies further ahead than <see cref="DriftMax"/>.</summary>
    public void Observe(Stamp stamp)
    {
        var seen = stamp.Packed;
        if (IsFarAhead(seen, Reading()))
        {
            Interlocked.Increment(ref _farAhead);
            return;
        }
        var last = Interlocked.Read(ref _last);
        while (seen > last)
        {
            var before = Interlocked.CompareExchange(ref _last, seen, last);
            if (before == last) return;
            last = before;
        }
    }

    /// <summary>True when the next stamp is above <paramref name="stamp"/> anyway.</summary>
    internal bool HasPassed(Stamp stamp) => Interlocked.Read(ref _last) >= stamp.Packed;

    /// <summary>The stamp of an imported row: its original millisecond with an ordinal, but above its predecessor in the source.</summary>
    internal static Stamp Imported(DateTimeOffset occurredAt, Stamp predecessor, ulong tail)
    {
        var milliseconds = Math.Clamp(occurredAt.ToUnixTimeMilliseconds(), 0, Stamp.MillisecondMax);
        return Stamp.FromPacked(Math.Max(milliseconds << Stamp.CounterBits, predecessor.Packed + 1), tail);
    }

    private long Reading() => (_time.GetUtcNow() + Offset).ToUnixTimeMilliseconds() << Stamp.CounterBits;

    private static bool IsFarAhead(long packed, long reading) =>
        packed - reading > (long)DriftMax.TotalMilliseconds << Stamp.CounterBits;

    private static ulong Tail() => (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue);
}
