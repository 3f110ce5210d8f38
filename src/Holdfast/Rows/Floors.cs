using System.Collections.Concurrent;

namespace Holdfast.Rows;

/// <summary>
/// What the next stamp of a scope must stand above: the last message seen in a session, every erasure known for a user. The
/// shared clock remembers what lies within its drift bound; only what lies beyond is kept here, scope by scope.
/// </summary>
internal sealed class Floors(Clock clock, MergeRules rules)
{
    private readonly ConcurrentDictionary<(Scope Scope, string Id), Stamp> _beyond = new();

    public enum Scope { Conversation, UserErasure, SessionErasure }

    public void Seen(Scope scope, string? id, Stamp stamp)
    {
        if (id is null) return;
        if (rules.ReadStampsMoveTheClock) clock.Observe(stamp);
        if (!clock.HasPassed(stamp)) _beyond.AddOrUpdate((scope, id), stamp, (_, known) => Stamp.Max(known, stamp));
    }

    public Stamp For(string? userId, string? sessionId)
    {
        if (_beyond.IsEmpty) return Stamp.None;
        var floor = Stamp.None;
        if (rules.SuccessorStandsAbove) floor = Stamp.Max(floor, Of(Scope.Conversation, sessionId));
        if (rules.ErasureCoversWhatIsThere) floor = Stamp.Max(floor, Stamp.Max(Of(Scope.UserErasure, userId), Of(Scope.SessionErasure, sessionId)));
        return floor;
    }

    private Stamp Of(Scope scope, string? id) => id is not null && _beyond.TryGetValue((scope, id), out var stamp) ? stamp : Stamp.None;
}
