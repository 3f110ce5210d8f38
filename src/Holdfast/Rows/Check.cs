using System.Globalization;
using System.Text;

namespace Holdfast.Rows;

/// <summary>Refuses, before any I/O, what some store could not keep unchanged.</summary>
internal static class Check
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>A value that may be absent.</summary>
    public static string? Text(string field, string? value, int? bytesMax = null)
    {
        if (value is null) return null;
        if (Problem(value) is { } problem) throw new InvalidInputException(field, problem);
        var limit = bytesMax ?? Limits.Of(field);
        // A character takes at most three bytes (a surrogate pair four), so most values need no count.
        if ((long)value.Length * 3 > limit && Strict.GetByteCount(value) is var size && size > limit)
            throw new InvalidInputException(field, Number($"has {size} bytes in UTF-8; at most {limit} are kept. Shorten it."));
        return value;
    }

    /// <summary>An identifier: it must be there and not be empty.</summary>
    public static string Id(string field, string? value, int? bytesMax = null)
    {
        if (string.IsNullOrEmpty(value)) throw new InvalidInputException(field, "is empty; give it at least one character.");
        return Text(field, value, bytesMax)!;
    }

    public static DateTimeOffset Time(string field, DateTimeOffset value)
    {
        if (value < Timestamps.Min || value > Timestamps.Max)
            throw new InvalidInputException(field, $"{value:O} is outside of {Timestamps.Min:O} to {Timestamps.Max:O}, which every store can keep.");
        return Timestamps.ToMicroseconds(value);
    }

    /// <summary>What is wrong with the characters of a text, or null.</summary>
    public static string? Problem(string value)
    {
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            if (c == '\0')
                return Number($"has the character U+0000 at position {i} of {value.Length}; PostgreSQL keeps none. Remove it.");
            if (!char.IsSurrogate(c)) continue;
            if (char.IsHighSurrogate(c) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1])) i++;
            else return Number($"has an unpaired surrogate (U+{(int)c:X4}) at position {i} of {value.Length}; it is no Unicode text. Remove it.");
        }
        return null;
    }

    private static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
