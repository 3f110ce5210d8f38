using System.Buffers.Binary;

namespace Holdfast.Rows;

/// <summary>
/// The position of a row in causal order: a UUIDv7 (RFC 9562 §5.7) made by <see cref="Clock"/>, with milliseconds since the
/// Unix epoch in its first 48 bits and a counter in the next 12. Compares as PostgreSQL compares <c>uuid</c>: byte by byte.
/// </summary>
/// <param name="Value">The UUID as stores keep it.</param>
public readonly record struct Stamp(Guid Value) : IComparable<Stamp>
{
    /// <summary>The stamp below every other: where a page or a feed begins.</summary>
    public static readonly Stamp None;

    /// <summary>Highest millisecond that a stamp can carry (48 bits: the year 10889).</summary>
    public const long MillisecondMax = (1L << 48) - 1;

    internal const int CounterBits = 12;

    /// <summary>Milliseconds since the Unix epoch: the clock's reading, not the time of the event (that is <c>occurred_at</c>).</summary>
    public long Millisecond => Packed >>> CounterBits;

    /// <summary>The hybrid logical clock's reading: milliseconds and counter in one ordered number of 60 bits.</summary>
    internal long Packed
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            Value.TryWriteBytes(bytes, bigEndian: true, out _);
            var high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
            return (long)(((high >> 16) << CounterBits) | (high & 0xFFF));
        }
    }

    /// <summary>Makes the stamp of a clock reading; <paramref name="tail"/> (62 random bits) tells processes apart.</summary>
    internal static Stamp FromPacked(long packed, ulong tail)
    {
        Span<byte> bytes = stackalloc byte[16];
        var milliseconds = (ulong)packed >> CounterBits;
        var counter = (ulong)packed & 0xFFF;
        BinaryPrimitives.WriteUInt64BigEndian(bytes, (milliseconds << 16) | 0x7000 | counter);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], (tail >> 2) | 0x8000_0000_0000_0000);
        return new Stamp(new Guid(bytes, bigEndian: true));
    }

    /// <summary>Reads a stamp from its UUID text; false when the text is no UUID of version 7.</summary>
    public static bool TryParse(string? text, out Stamp stamp)
    {
        stamp = default;
        if (!Guid.TryParseExact(text, "D", out var value) || value.Version != 7) return false;
        stamp = new Stamp(value);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(Stamp other) => Value.CompareTo(other.Value);

    /// <summary>True when <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(Stamp left, Stamp right) => left.CompareTo(right) < 0;

    /// <summary>True when <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(Stamp left, Stamp right) => left.CompareTo(right) > 0;

    /// <summary>True when <paramref name="left"/> does not come after <paramref name="right"/>.</summary>
    public static bool operator <=(Stamp left, Stamp right) => left.CompareTo(right) <= 0;

    /// <summary>True when <paramref name="left"/> does not come before <paramref name="right"/>.</summary>
    public static bool operator >=(Stamp left, Stamp right) => left.CompareTo(right) >= 0;

    /// <summary>The later of two stamps.</summary>
    public static Stamp Max(Stamp left, Stamp right) => left > right ? left : right;

    /// <summary>The UUID in its usual text form.</summary>
    public override string ToString() => Value.ToString("D");
}
