namespace Holdfast.Rows;

/// <summary>Times as every store keeps them: an instant in UTC, to the microsecond.</summary>
internal static class Timestamps
{
    /// <summary>Npgsql turns the first and last .NET instants into PostgreSQL's infinities; a day inside of them is safe everywhere.</summary>
    public static readonly DateTimeOffset Min = new(1, 1, 2, 0, 0, 0, TimeSpan.Zero);

    public static readonly DateTimeOffset Max = new(9999, 12, 30, 0, 0, 0, TimeSpan.Zero);

    public static DateTimeOffset ToMicroseconds(DateTimeOffset value)
    {
        var utc = value.UtcTicks;
        var ticks = utc - utc % TimeSpan.TicksPerMicrosecond;
        return new DateTimeOffset(ticks, TimeSpan.Zero);
    }

    public static long ToUnixMicroseconds(DateTimeOffset value) =>
        (value.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset FromUnixMicroseconds(long value) =>
        DateTimeOffset.UnixEpoch.AddTicks(value * TimeSpan.TicksPerMicrosecond);
}
