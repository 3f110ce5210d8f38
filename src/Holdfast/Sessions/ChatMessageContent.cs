using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holdfast.Rows;
using Microsoft.Extensions.AI;

namespace Holdfast;

/// <summary>
/// Between a <see cref="ChatMessage"/> and the content of a row. Plain text is kept as a JSON string that any client can read;
/// anything more (function calls, data, usage, ids) as an envelope, marked so that no other JSON is taken for one.
/// </summary>
internal static class ChatMessageContent
{
    private const string Mark = "$chat";

    private static readonly JsonSerializerOptions Strict = new(AIJsonUtilities.DefaultOptions) { Converters = { new StrictTextConverter() } };

    private static JsonTypeInfo<IList<AIContent>> Contents => (JsonTypeInfo<IList<AIContent>>)Strict.GetTypeInfo(typeof(IList<AIContent>));

    private static JsonTypeInfo<AdditionalPropertiesDictionary> Additional =>
        (JsonTypeInfo<AdditionalPropertiesDictionary>)Strict.GetTypeInfo(typeof(AdditionalPropertiesDictionary));

    public static MemoryType TypeOf(ChatRole role) => role.Value.ToLowerInvariant() switch
    {
        "user" => MemoryType.MessageUser,
        "assistant" => MemoryType.MessageAssistant,
        "system" => MemoryType.MessageSystem,
        "tool" => MemoryType.MessageTool,
        _ => throw new InvalidInputException("role", $"'{role.Value}' is none of: user, assistant, system, tool."),
    };

    public static ChatRole RoleOf(MemoryType type) => type switch
    {
        MemoryType.MessageUser => ChatRole.User,
        MemoryType.MessageAssistant => ChatRole.Assistant,
        MemoryType.MessageSystem => ChatRole.System,
        MemoryType.MessageTool => ChatRole.Tool,
        _ => throw new InvalidOperationException($"A record of type '{EnumText<MemoryType>.Of(type)}' is no chat message; read its Content."),
    };

    public static string Of(ChatMessage message)
    {
        if (message.Contents is [TextContent { AdditionalProperties: null, Annotations: null } only] && message.MessageId is null
            && message.AdditionalProperties is null && Exact(message.CreatedAt) is null && only.GetType() == typeof(TextContent))
            return JsonContent.OfText("content", only.Text)!;

        return JsonContent.Object(
            (Mark, "1"),
            ("contents", Serialize("content", message.Contents, Contents)),
            ("messageId", JsonContent.OfText("message_id", message.MessageId)),
            ("createdAt", JsonContent.OfText("created_at", Exact(message.CreatedAt))),
            ("additional", message.AdditionalProperties is { } additional ? Serialize("additional_properties", additional, Additional) : null));
    }

    private static string Serialize<T>(string field, T value, JsonTypeInfo<T> typeInfo)
    {
        try
        {
            return JsonContent.OfBytes(field, JsonSerializer.SerializeToUtf8Bytes(value, typeInfo));
        }
        catch (StrictTextConverter.BrokenTextException e)
        {
            throw new InvalidInputException(field, e.Message);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException or InvalidOperationException)
        {
            // Values of the caller's own: nested beyond 64 levels, of a type that has no JSON, or JSON with half a pair in it.
            throw new InvalidInputException(field, $"cannot be written as JSON of at most {Limits.JsonDepthMax} levels: {(e.InnerException ?? e).Message}");
        }
    }

    public static ChatMessage ToChatMessage(SessionMemory memory)
    {
        if (TryRead(memory, out var message)) return message;
        return new ChatMessage(RoleOf(memory.Type), memory.IsText ? memory.Content.GetString() : memory.ContentJson)
        {
            AuthorName = memory.Author,
            CreatedAt = memory.OccurredAt,
        };
    }

    public static bool TryRead(SessionMemory memory, out ChatMessage message)
    {
        message = null!;
        if (!memory.IsMessage || memory.IsText || !memory.ContentJson.StartsWith($$"""{"{{Mark}}":1,""", StringComparison.Ordinal)) return false;
        var envelope = memory.Content;
        message = new ChatMessage(RoleOf(memory.Type), envelope.GetProperty("contents").Deserialize(Contents)!)
        {
            AuthorName = memory.Author,
            MessageId = envelope.TryGetProperty("messageId", out var id) ? id.GetString() : null,
            CreatedAt = envelope.TryGetProperty("createdAt", out var time)
                ? DateTimeOffset.ParseExact(time.GetString()!, "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind) : memory.OccurredAt,
            AdditionalProperties = envelope.TryGetProperty("additional", out var additional) ? additional.Deserialize(Additional) : null,
        };
        return true;
    }

    // The row keeps microseconds in UTC; only a time with more in it needs the envelope.
    private static string? Exact(DateTimeOffset? time) =>
        time is { } value && (value.Offset != TimeSpan.Zero || Timestamps.ToMicroseconds(value) != value) ? value.ToString("O", CultureInfo.InvariantCulture) : null;
}
