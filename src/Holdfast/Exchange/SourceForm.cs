using System.Text.Json;

namespace Holdfast.Exchange;

/// <summary>Tells a source of lines from one JSON document that spans lines.</summary>
internal static class SourceForm
{
    /// <summary>A document may have this many bytes; it is held as a whole.</summary>
    public const int DocumentBytesMax = 64 * 1024 * 1024;

    /// <summary>
    /// True when the first value goes on behind the first line feed. A first line that is broken, or longer than what is
    /// looked at, speaks for lines.
    /// </summary>
    public static bool IsDocument(ReadOnlySpan<byte> ahead)
    {
        if (ahead.StartsWith("\uFEFF"u8)) ahead = ahead[3..];
        ahead = ahead.TrimStart(" \t\r\n"u8);
        var lineFeed = ahead.IndexOf((byte)'\n');
        if (lineFeed < 0) return ahead is [(byte)'[', ..];
        if (ahead is not [(byte)'{' or (byte)'[', ..]) return false;
        try
        {
            var reader = new Utf8JsonReader(ahead, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = int.MaxValue }));
            while (reader.Read())
                if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray && reader.CurrentDepth == 0) return reader.BytesConsumed > lineFeed;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
