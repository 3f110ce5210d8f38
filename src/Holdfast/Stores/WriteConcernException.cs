namespace Holdfast;

/// <summary>
/// A write that was asked to reach more providers than it did in time. It is not lost: it stays in the spool and goes on.
/// </summary>
public sealed class WriteConcernException : HoldfastException
{
    internal WriteConcernException(Guid id, WriteConcern concern, IReadOnlyList<string> holders, TimeSpan waited)
        : base($"Row {id} has not reached {concern} within {waited.TotalMilliseconds:0} ms: {(holders.Count == 0 ? "no provider" : string.Join(", ", holders))} confirmed. "
            + "It is in the spool and goes on; do not write it again under another key. See 'holdfast status'.")
    {
        Id = id;
        Concern = concern;
        Holders = holders;
    }

    /// <summary>The row's identity.</summary>
    public Guid Id { get; }

    /// <summary>What was asked for.</summary>
    public WriteConcern Concern { get; }

    /// <summary>The providers that have committed it.</summary>
    public IReadOnlyList<string> Holders { get; }
}
