using System.Globalization;
using System.Text.Json;
using Holdfast.Rows;
using Holdfast.Stores;

namespace Holdfast;

/// <summary>What is known of a session apart from its messages.</summary>
public sealed record SessionInfo
{
    /// <summary>The session's id.</summary>
    public required string Id { get; init; }

    /// <summary>The user that it is about, if any.</summary>
    public string? UserId { get; init; }

    /// <summary>Its title, if any.</summary>
    public string? Title { get; init; }

    /// <summary>Anything else about it, as JSON.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>What a change names as <c>expectedRevision</c>.</summary>
    public required Stamp Revision { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When title or metadata were changed last.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>True when it was deleted (and not restored).</summary>
    public required bool IsDeleted { get; init; }

    internal string ToContent() => JsonContent.Object(
        ("started_at", Timestamps.ToUnixMicroseconds(StartedAt).ToString(CultureInfo.InvariantCulture)),
        ("title", JsonContent.OfText("title", Check.Text("title", Title))),
        ("metadata", JsonContent.Of("metadata", Metadata)));

    /// <summary>Refuses what <see cref="ToContent"/> would, before anything is read of the store.</summary>
    internal static void CheckInput(string? title, JsonElement? metadata)
    {
        Check.Text("title", title);
        JsonContent.Of("metadata", metadata);
    }

    internal static SessionInfo Read(StoreReader row)
    {
        var content = row.TextOrNull(4) is { } json ? JsonContent.Read(json) : default;
        var known = content.ValueKind == JsonValueKind.Object;
        return new SessionInfo
        {
            Id = row.Text(0),
            UserId = row.TextOrNull(1),
            Revision = row.Stamp(2),
            ChangedAt = row.Time(3),
            Title = known && content.TryGetProperty("title", out var title) ? title.GetString() : null,
            Metadata = known && content.TryGetProperty("metadata", out var metadata) ? metadata : null,
            StartedAt = known && content.TryGetProperty("started_at", out var started) ? Timestamps.FromUnixMicroseconds(started.GetInt64()) : row.Time(3),
            IsDeleted = row.Text(5) == EnumText<LifeState>.Of(LifeState.Deleted),
        };
    }
}
