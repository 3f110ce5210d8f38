using Holdfast.Rows;

namespace Holdfast.Exchange;

/// <summary>A message, record or session as a source says it, before it has its place. Texts were not checked yet.</summary>
internal sealed record SourceMessage
{
    public string? TenantId { get; init; }

    public string? UserId { get; init; }

    public string? SessionId { get; init; }

    public string? Key { get; init; }

    /// <summary>The identity of a row that has neither a key nor its stamp as identity: one that was imported without a key.</summary>
    public Guid? RowId { get; init; }

    public Stamp? Stamp { get; init; }

    /// <summary>The revision of a session's title and metadata.</summary>
    public Stamp? Revision { get; init; }

    /// <summary>True: title and metadata of a session, which go to the register.</summary>
    public bool IsSession { get; init; }

    public required MemoryType Type { get; init; }

    public string? Author { get; init; }

    public required string Content { get; init; }

    public string? Metadata { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }
}
