namespace Holdfast.Stores;

/// <summary>What a store did with a row.</summary>
internal enum MergeOutcome
{
    /// <summary>It was not there; now it is.</summary>
    Inserted,
    /// <summary>It was there already, with the same content.</summary>
    AlreadyStored,
    /// <summary>Its id was there with another content; the lower stamp stands, and the loser is in <c>conflicts</c>.</summary>
    KeyConflict,
}

/// <summary>The answer of a store for one row.</summary>
/// <param name="Outcome">What was done.</param>
/// <param name="Erased">True when an erasure covers the row: it is stored with empty content.</param>
internal readonly record struct MergeResult(MergeOutcome Outcome, bool Erased = false)
{
    /// <summary>Where the row is on its way to; null where it was written to one store.</summary>
    public Delivery? Delivery { get; init; }
}
