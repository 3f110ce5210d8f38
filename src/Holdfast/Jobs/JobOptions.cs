using System.Text.Json;
using Holdfast.Rows;

namespace Holdfast;

/// <summary>What may come with a job.</summary>
public sealed record JobOptions
{
    /// <summary>Highest <see cref="AttemptsMax"/>.</summary>
    public const int AttemptsLimit = 1_000;

    /// <summary>
    /// The caller's key (at most 512 bytes): the same key twice in one queue is one job on every store, and the receipt says so.
    /// Within a session it is that session's own.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>The user that it is about: forgetting the user empties the job and what became of it.</summary>
    public string? UserId { get; init; }

    /// <summary>The session that it belongs to.</summary>
    public string? SessionId { get; init; }

    /// <summary>Not to be claimed before this time; at once, where it is not given.</summary>
    public DateTimeOffset? RunAfter { get; init; }

    /// <summary>How often it is tried before it goes to the dead-letter list: 1 to 1,000.</summary>
    public int AttemptsMax { get; init; } = 5;

    /// <summary>Anything else about it: JSON of at most 16 MiB and 64 levels.</summary>
    public JsonElement? Metadata { get; init; }

    internal static readonly JobOptions None = new();

    internal RowDraft Draft(JobKind kind, JsonElement payload)
    {
        if (AttemptsMax is < 1 or > AttemptsLimit)
            throw new InvalidInputException("attempts_max", FormattableString.Invariant($"is {AttemptsMax}; it must be 1 to {AttemptsLimit}."));
        var content = JsonContent.Of("payload", payload) ?? throw new InvalidInputException("payload", "is missing; give it any JSON value.");
        var runAfter = RunAfter is { } time ? Check.Time("run_after", time) : (DateTimeOffset?)null;
        return new RowDraft(Tables.Of(kind), [(long)AttemptsMax, runAfter, content, JsonContent.Of("metadata", Metadata)]) { UserId = UserId, SessionId = SessionId, Key = Key };
    }
}
