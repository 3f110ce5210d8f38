using System.Buffers.Text;
using System.Globalization;

namespace Holdfast.Exchange;

/// <summary>Times as JSONL spells them: RFC 3339 in UTC to the microsecond; other offsets are read too.</summary>
internal static class Rfc3339
{
    private const string Form = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public static string Of(DateTimeOffset time) => time.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture);

    /// <summary>
    /// Reads <c>2026-01-31T08:15:00.123456+01:00</c>. A space may stand for the T, and a time without an offset is UTC: the
    /// machine that reads must not matter. Digits beyond the microsecond are cut off.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out DateTimeOffset time)
    {
        time = default;
        if (text.Length < 19 || text[4] != '-' || text[7] != '-' || text[10] is not ((byte)'T' or (byte)'t' or (byte)' ') || text[13] != ':' || text[16] != ':') return false;
        if (!Number(text[..4], out var year) || !Number(text[5..7], out var month) || !Number(text[8..10], out var day)
            || !Number(text[11..13], out var hour) || !Number(text[14..16], out var minute) || !Number(text[17..19], out var second)) return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59) return false;
        var rest = text[19..];
        if (!Fraction(ref rest, out var microseconds) || !Offset(rest, out var offset)) return false;
        var ticks = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).Ticks + microseconds * TimeSpan.TicksPerMicrosecond - offset.Ticks;
        if (ticks < DateTimeOffset.MinValue.Ticks || ticks > DateTimeOffset.MaxValue.Ticks) return false;
        time = new DateTimeOffset(ticks, TimeSpan.Zero);
        return true;
    }

    private static bool Fraction(ref ReadOnlySpan<byte> rest, out long microseconds)
    {
        microseconds = 0;
        if (rest is not [(byte)'.' or (byte)',', ..]) return true;
        var digits = 1;
        while (digits < rest.Length && char.IsAsciiDigit((char)rest[digits])) digits++;
        if (digits == 1) return false;
        for (var i = 1; i <= 6; i++) microseconds = microseconds * 10 + (i < digits ? rest[i] - '0' : 0);
        rest = rest[digits..];
        return true;
    }

    private static bool Offset(ReadOnlySpan<byte> rest, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (rest.Length == 0 || rest is [(byte)'Z' or (byte)'z']) return true;
        if (rest.Length is not (3 or 5 or 6) || rest[0] is not ((byte)'+' or (byte)'-') || !Number(rest[1..3], out var hours)) return false;
        var minutes = 0;
        if (rest.Length == 6 && rest[3] != ':') return false;
        if (rest.Length > 3 && !Number(rest[^2..], out minutes)) return false;
        if (hours > 23 || minutes > 59) return false;
        offset = new TimeSpan(hours, minutes, 0) * (rest[0] == '-' ? -1 : 1);
        return true;
    }

    // Utf8Parser takes signs, which no part of a time has.
    private static bool Number(ReadOnlySpan<byte> digits, out int value)
    {
        value = 0;
        return char.IsAsciiDigit((char)digits[0]) && Utf8Parser.TryParse(digits, out value, out var read) && read == digits.Length;
    }
}
