namespace Holdfast;

/// <summary>A write that asked for a revision which is no longer the current one; nothing was changed.</summary>
/// <param name="subject">What was to be changed.</param>
/// <param name="expected">The revision that the caller had read.</param>
public sealed class RevisionConflictException(string subject, Rows.Stamp expected)
    : HoldfastException($"{subject} is no longer at revision {expected}: somebody changed it. Read it again, apply your change to what you read, and write with that revision.")
{
    /// <summary>The revision that was asked for.</summary>
    public Rows.Stamp Expected { get; } = expected;
}
