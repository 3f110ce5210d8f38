namespace Holdfast.Chaos.Writers;

/// <summary>The clock of a machine that is wrong: its hands are elsewhere, its seconds are right.</summary>
internal sealed class ShiftedTime(TimeSpan shift) : TimeProvider
{
    private long _shift = shift.Ticks;

    public TimeSpan Shift { set => Volatile.Write(ref _shift, value.Ticks); }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + new TimeSpan(Volatile.Read(ref _shift));
}
