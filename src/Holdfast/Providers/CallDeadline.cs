namespace Holdfast.Providers;

/// <summary>How long a call may still take, over all its attempts.</summary>
internal readonly struct CallDeadline(TimeProvider time, TimeSpan total)
{
    private readonly long _started = time.GetTimestamp();

    public TimeSpan Left => total - time.GetElapsedTime(_started);

    public bool IsOver => Left <= TimeSpan.Zero;

    /// <summary>An attempt's own limit, or what is left of the call.</summary>
    public TimeSpan Within(TimeSpan own) => Left is var left && left < own ? left > TimeSpan.Zero ? left : TimeSpan.FromTicks(1) : own;
}
