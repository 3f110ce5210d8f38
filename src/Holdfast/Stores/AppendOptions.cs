using System.Text.Json;

namespace Holdfast;

/// <summary>What may come with a write.</summary>
public sealed record AppendOptions
{
    /// <summary>The caller's key (at most 512 bytes): the same key twice is one row on every store, and the receipt says so.</summary>
    public string? Key { get; init; }

    /// <summary>When it happened, kept to the microsecond; now, where it is not given.</summary>
    public DateTimeOffset? OccurredAt { get; init; }

    /// <summary>Who said it, where the role does not tell.</summary>
    public string? Author { get; init; }

    /// <summary>Anything else about it: JSON of at most 16 MiB and 64 levels.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>What this write waits for; null: what the memory's options say. A memory on one store has one level only.</summary>
    public WriteConcern? Concern { get; init; }

    internal static readonly AppendOptions None = new();
}
