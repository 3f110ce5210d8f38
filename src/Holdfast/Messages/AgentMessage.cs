using System.Text.Json;
using Holdfast.Rows;
using Holdfast.Stores;

namespace Holdfast;

/// <summary>A message from one agent to another.</summary>
public sealed record AgentMessage
{
    /// <summary>Its identity: what <see cref="Mailbox.MarkReadAsync"/> takes.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its place in causal order; pages begin with it.</summary>
    public required Stamp Stamp { get; init; }

    /// <summary>Who sent it.</summary>
    public required string From { get; init; }

    /// <summary>Who is to read it.</summary>
    public required string To { get; init; }

    /// <summary>What it is.</summary>
    public required AgentMessageType Type { get; init; }

    /// <summary>The user that it is about, if any.</summary>
    public string? UserId { get; init; }

    /// <summary>The session that it belongs to, if any.</summary>
    public string? SessionId { get; init; }

    /// <summary>The key that the caller brought, if any.</summary>
    public string? Key { get; init; }

    /// <summary>When it was sent, in UTC and to the microsecond.</summary>
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>The content as JSON: a string for a text.</summary>
    public required string ContentJson { get; init; }

    /// <summary>The metadata as JSON, if any.</summary>
    public string? MetadataJson { get; init; }

    /// <summary>True when the agent that it was sent to has marked it read.</summary>
    public required bool IsRead { get; init; }

    /// <summary>The content.</summary>
    public JsonElement Content => JsonElement.Parse(ContentJson);

    /// <summary>The metadata, if any.</summary>
    public JsonElement? Metadata => MetadataJson is null ? null : JsonElement.Parse(MetadataJson);

    /// <summary>The text; of a content that is no text, its JSON.</summary>
    public string Text => ContentJson is ['"', ..] ? Content.GetString()! : ContentJson;

    internal static AgentMessage Read(StoreReader row) => new()
    {
        Id = row.Uuid(0),
        Stamp = row.Stamp(1),
        UserId = row.TextOrNull(2),
        SessionId = row.TextOrNull(3),
        Key = row.TextOrNull(4),
        OccurredAt = row.Time(5),
        Type = EnumText<AgentMessageType>.TryParse(row.Text(6), out var type) ? type : throw new SchemaException($"'{row.Text(6)}' is a message type that this program does not know. Update it."),
        From = row.Text(7),
        To = row.Text(8),
        ContentJson = row.Text(9),
        MetadataJson = row.TextOrNull(10),
        IsRead = row.Boolean(11),
    };
}

/// <summary>What may come with a message between agents.</summary>
public sealed record AgentMessageOptions
{
    /// <summary>
    /// The caller's key (at most 512 bytes): the same key twice is one message on every store, and the receipt says so. Within a session it is that session's own.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>The user that it is about: forgetting the user empties it.</summary>
    public string? UserId { get; init; }

    /// <summary>The session that it belongs to.</summary>
    public string? SessionId { get; init; }

    /// <summary>When it was sent, kept to the microsecond; now, where it is not given.</summary>
    public DateTimeOffset? OccurredAt { get; init; }

    /// <summary>Anything else about it: JSON of at most 16 MiB and 64 levels.</summary>
    public JsonElement? Metadata { get; init; }

    internal static readonly AgentMessageOptions None = new();
}
