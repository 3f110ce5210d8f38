using Holdfast.Rows;

namespace Holdfast.Tests.Merging;

/// <summary>What writers were told, which is what must be there in the end.</summary>
internal sealed class ScheduleHistory
{
    public List<(Row Row, HashSet<Guid> Seen, bool Keyed)> Appends { get; } = [];

    public List<(Row Row, Stamp? Base)> Revisions { get; } = [];

    public List<(Row Row, List<(Guid Id, Stamp Stamp, string? UserId, string? SessionId)> Seen)> Erasures { get; } = [];
}

/// <summary>Something that Holdfast promises did not hold.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message);
