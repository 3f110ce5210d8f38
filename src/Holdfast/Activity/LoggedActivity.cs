using System.Text.Json;
using Holdfast.Rows;
using Holdfast.Stores;

namespace Holdfast;

/// <summary>Something that an assistant did in a session.</summary>
public abstract record LoggedActivity
{
    /// <summary>Its identity.</summary>
    public Guid Id { get; init; }

    /// <summary>Its place in causal order, across all kinds of activity.</summary>
    public Stamp Stamp { get; init; }

    /// <summary>The session that it belongs to.</summary>
    public string SessionId { get; init; } = "";

    /// <summary>The user that it is about, if any.</summary>
    public string? UserId { get; init; }

    /// <summary>When it happened, in UTC and to the microsecond.</summary>
    public DateTimeOffset OccurredAt { get; init; }

    internal static JsonElement? Json(string? text) => text is null ? null : JsonElement.Parse(text);

    private protected static T Common<T>(StoreReader row, T entry) where T : LoggedActivity =>
        entry with { Id = row.Uuid(0), Stamp = row.Stamp(1), UserId = row.TextOrNull(2), SessionId = row.Text(3), OccurredAt = row.Time(4) };

    // Prompts and answers are JSON strings; older systems' rows may hold other JSON, which is shown as it is.
    private protected static string String(StoreReader row, int column) =>
        row.Text(column) is ['"', ..] text ? JsonElement.Parse(text).GetString()! : row.Text(column);
}

/// <summary>What the assistant was told to do.</summary>
public sealed record LoggedCommand : LoggedActivity
{
    /// <summary>The words of the command.</summary>
    public required string Prompt { get; init; }

    /// <summary>The language that it is in, if known.</summary>
    public string? Language { get; init; }

    /// <summary>Anything else about it.</summary>
    public JsonElement? Metadata => Json(MetadataJson);

    internal string? MetadataJson { get; init; }

    internal static LoggedCommand Read(StoreReader row) =>
        Common(row, new LoggedCommand { Language = row.TextOrNull(5), Prompt = String(row, 6), MetadataJson = row.TextOrNull(7) });
}

/// <summary>What a model answered.</summary>
public sealed record LoggedAnswer : LoggedActivity
{
    /// <summary>The command that it answers, if any.</summary>
    public Guid? CommandId { get; init; }

    /// <summary>The model.</summary>
    public string? Model { get; init; }

    /// <summary>The answer.</summary>
    public required string Response { get; init; }

    /// <summary>What the model said of itself: tokens, settings, the reason to stop.</summary>
    public JsonElement? ModelInfo => Json(ModelInfoJson);

    internal string? ModelInfoJson { get; init; }

    internal static LoggedAnswer Read(StoreReader row) =>
        Common(row, new LoggedAnswer { CommandId = row.UuidOrNull(5), Model = row.TextOrNull(6), Response = String(row, 7), ModelInfoJson = row.TextOrNull(8) });
}

/// <summary>A picture of the screen, by reference: its bytes are kept elsewhere.</summary>
public sealed record LoggedScreenshot : LoggedActivity
{
    /// <summary>Where the file is, if it is one.</summary>
    public string? Path { get; init; }

    /// <summary>Its address, if it has one.</summary>
    public string? Url { get; init; }

    /// <summary>Anything else about it: size, window, what was looked for.</summary>
    public JsonElement? Metadata => Json(MetadataJson);

    internal string? MetadataJson { get; init; }

    internal static LoggedScreenshot Read(StoreReader row) =>
        Common(row, new LoggedScreenshot { Path = row.TextOrNull(5), Url = row.TextOrNull(6), MetadataJson = row.TextOrNull(7) });
}

/// <summary>Something that was measured.</summary>
public sealed record LoggedMetric : LoggedActivity
{
    /// <summary>What was measured.</summary>
    public required string Type { get; init; }

    /// <summary>What came of it.</summary>
    public JsonElement Value => JsonElement.Parse(ValueJson);

    /// <summary>The same as JSON text.</summary>
    public required string ValueJson { get; init; }

    internal static LoggedMetric Read(StoreReader row) => Common(row, new LoggedMetric { Type = row.Text(5), ValueJson = row.Text(6) });
}

/// <summary>What may come with an activity.</summary>
public sealed record ActivityOptions
{
    /// <summary>The caller's key (at most 512 bytes), the session's own: the same key twice is one row on every store, and the receipt says so.</summary>
    public string? Key { get; init; }

    /// <summary>The user that it is about: forgetting the user empties it.</summary>
    public string? UserId { get; init; }

    /// <summary>When it happened, kept to the microsecond; now, where it is not given.</summary>
    public DateTimeOffset? OccurredAt { get; init; }

    internal static readonly ActivityOptions None = new();
}
