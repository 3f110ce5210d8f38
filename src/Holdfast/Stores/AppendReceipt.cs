using Holdfast.Rows;

namespace Holdfast;

/// <summary>What became of a write.</summary>
public enum AppendOutcome
{
    /// <summary>It was not there; now it is.</summary>
    Stored,
    /// <summary>The same key was there already with the same content: nothing was added.</summary>
    AlreadyStored,
    /// <summary>The same key was there already with other content. The earlier row stands; this one is kept among the conflicts.</summary>
    KeyConflict,
}

/// <summary>The answer to a write: it is on the disk of the store.</summary>
/// <param name="Id">The row's identity, the same for the same key.</param>
/// <param name="Stamp">The stamp that this write made; of a row that was there already, the earlier stamp stands.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Erased">True when an erasure covers it: it is stored without content.</param>
public readonly record struct AppendReceipt(Guid Id, Stamp Stamp, AppendOutcome Outcome, bool Erased)
{
    internal static AppendReceipt Of(Row row, MergeResult result) => new(row.Id, row.Stamp, result.Outcome switch
    {
        MergeOutcome.Inserted => AppendOutcome.Stored,
        MergeOutcome.AlreadyStored => AppendOutcome.AlreadyStored,
        _ => AppendOutcome.KeyConflict,
    }, result.Erased);
}
