using System.Text.Json;
using Holdfast.Rows;
using Holdfast.Stores;
using Microsoft.Extensions.AI;

namespace Holdfast;

/// <summary>A message or a typed record of a session, as it was stored.</summary>
public sealed record SessionMemory
{
    /// <summary>Its identity.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its place in causal order; pages begin and end with it.</summary>
    public required Stamp Stamp { get; init; }

    /// <summary>The session that it belongs to.</summary>
    public required string SessionId { get; init; }

    /// <summary>The user that the session is about, if any.</summary>
    public string? UserId { get; init; }

    /// <summary>What it is.</summary>
    public required MemoryType Type { get; init; }

    /// <summary>Who said it, where the type does not tell.</summary>
    public string? Author { get; init; }

    /// <summary>The key that the caller brought, if any.</summary>
    public string? Key { get; init; }

    /// <summary>When it happened, in UTC and to the microsecond.</summary>
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>The content as JSON: a string for a text, else what was recorded.</summary>
    public required string ContentJson { get; init; }

    /// <summary>The metadata as JSON, if any.</summary>
    public string? MetadataJson { get; init; }

    /// <summary>The content.</summary>
    public JsonElement Content => JsonContent.Read(ContentJson);

    /// <summary>The metadata, if any.</summary>
    public JsonElement? Metadata => MetadataJson is null ? null : JsonContent.Read(MetadataJson);

    /// <summary>The text: of a message its text parts, of a record that is no text its JSON.</summary>
    public string Text => IsText ? Content.GetString()! : ChatMessageContent.TryRead(this, out var message) ? message.Text : ContentJson;

    /// <summary>True for a message of the user, the assistant, the system or a tool.</summary>
    public bool IsMessage => Type is MemoryType.MessageUser or MemoryType.MessageAssistant or MemoryType.MessageSystem or MemoryType.MessageTool;

    internal bool IsText => ContentJson is ['"', ..];

    /// <summary>The message as it was given to <see cref="Session.AppendAsync(ChatMessage, AppendOptions?, CancellationToken)"/>.</summary>
    /// <exception cref="InvalidOperationException">It is a typed record and no message.</exception>
    public ChatMessage ToChatMessage() => ChatMessageContent.ToChatMessage(this);

    internal static SessionMemory Read(StoreReader row) => new()
    {
        Id = row.Uuid(0),
        Stamp = row.Stamp(1),
        UserId = row.TextOrNull(2),
        SessionId = row.Text(3),
        Key = row.TextOrNull(4),
        OccurredAt = row.Time(5),
        Type = EnumText<MemoryType>.TryParse(row.Text(6), out var type) ? type : throw new SchemaException($"'{row.Text(6)}' is a memory type that this program does not know. Update it."),
        Author = row.TextOrNull(7),
        ContentJson = row.Text(8),
        MetadataJson = row.TextOrNull(9),
    };
}
