using System.Text;
using System.Text.Json;

namespace Holdfast.Rows;

/// <summary>
/// JSON in the one form that stores keep: no white space, members in their order, numbers as they were written, strings as
/// <see cref="JsonText.Quote"/> writes them. Equal content is equal text on every engine.
/// </summary>
internal static class JsonContent
{
    /// <summary>The JSON string of a text.</summary>
    public static string? OfText(string field, string? text) =>
        text is null ? null : JsonText.Quote(Check.Text(field, text, Limits.JsonBytesMax));

    public static string? Of(string field, JsonElement? element) =>
        element is not { ValueKind: not JsonValueKind.Undefined } value ? null : Normalize(field, Encoding.UTF8.GetBytes(value.GetRawText()));

    // Checked before it is encoded: the encoder would put U+FFFD where half of a pair is missing.
    public static string Parse(string field, string json) => Normalize(field, Encoding.UTF8.GetBytes(Check.Text(field, json, int.MaxValue)!));

    public static string OfBytes(string field, ReadOnlySpan<byte> json) => Normalize(field, json);

    /// <summary>Reads what a store keeps: a value of <see cref="Limits.JsonDepthMax"/> levels stands inside of a register's or a message's own.</summary>
    public static JsonElement Read(string json) => JsonElement.Parse(json, new JsonDocumentOptions { MaxDepth = 2 * Limits.JsonDepthMax });

    /// <summary>The form of a JSON value in UTF-8 that was found to be valid (both as JSON and as UTF-8) by a reader.</summary>
    public static string OfValid(string field, ReadOnlySpan<byte> json) =>
        // A string without escapes has no character that this form would write in another way, and none that is refused.
        json is [(byte)'"', ..] && json.Length <= Limits.JsonBytesMax && !json.Contains((byte)'\\') ? Encoding.UTF8.GetString(json) : Normalize(field, json);

    /// <summary>The text of a JSON string with escapes, quotes included.</summary>
    public static string Unescape(string field, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new InvalidInputException(field, "has an unpaired surrogate; it is no Unicode text. Remove it.");
        }
    }

    /// <summary>An object of members that are JSON already; those that are null are left out.</summary>
    public static string Object(params ReadOnlySpan<(string Name, string? Json)> members)
    {
        var text = new StringBuilder("{");
        foreach (var (name, json) in members)
        {
            if (json is null) continue;
            if (text.Length > 1) text.Append(',');
            text.Append(JsonText.Quote(name)).Append(':').Append(json);
        }
        return text.Append('}').ToString();
    }

    private static string Normalize(string field, ReadOnlySpan<byte> json)
    {
        if (json.Length > Limits.JsonBytesMax)
            throw new InvalidInputException(field, FormattableString.Invariant($"has {json.Length} bytes; at most {Limits.JsonBytesMax} (16 MiB) are kept. Split it, or keep it elsewhere and store its address."));
        try
        {
            return Write(field, json);
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(field, $"is not JSON: {e.Message}");
        }
        catch (InvalidOperationException e) when (e.InnerException is DecoderFallbackException or null)
        {
            // Utf8JsonReader.GetString: an escape such as \ud800 without its other half.
            throw new InvalidInputException(field, $"has an unpaired surrogate in one of its strings; it is no Unicode text ({e.Message}).");
        }
    }

    private static string Write(string field, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        var text = new StringBuilder(json.Length);
        var deepest = 0;
        var afterValue = false;
        while (reader.Read())
        {
            deepest = Math.Max(deepest, reader.CurrentDepth + (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject ? 1 : 0));
            if (deepest > Limits.JsonDepthMax) continue;
            var closes = reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject;
            if (afterValue && !closes) text.Append(',');
            afterValue = true;
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject: text.Append('{'); afterValue = false; break;
                case JsonTokenType.EndObject: text.Append('}'); break;
                case JsonTokenType.StartArray: text.Append('['); afterValue = false; break;
                case JsonTokenType.EndArray: text.Append(']'); break;
                case JsonTokenType.PropertyName: text.Append(String(field, ref reader)).Append(':'); afterValue = false; break;
                case JsonTokenType.String: text.Append(String(field, ref reader)); break;
                default: text.Append(Encoding.UTF8.GetString(reader.ValueSpan)); break;
            }
        }
        if (deepest > Limits.JsonDepthMax)
            throw new InvalidInputException(field, FormattableString.Invariant($"is nested {deepest} levels deep; at most {Limits.JsonDepthMax} are kept. Flatten it."));
        return text.ToString();
    }

    private static string String(string field, ref Utf8JsonReader reader) =>
        JsonText.Quote(Check.Text(field, reader.GetString(), Limits.JsonBytesMax));
}
