using Holdfast.Stores;

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
public readonly record struct AppendReceipt(Guid Id, Rows.Stamp Stamp, AppendOutcome Outcome, bool Erased)
{
    /// <summary>The level that the write had reached when it was acknowledged; null for a memory on one store.</summary>
    public WriteConcern? Reached { get; init; }

    /// <summary>The providers that had committed it by then. Empty: the local file alone had it, or the memory is on one store.</summary>
    public IReadOnlyList<string> Holders { get => field ?? []; init; }

    internal static AppendReceipt Of(Rows.Row row, MergeResult result) => new(row.Id, row.Stamp, result.Outcome switch
    {
        MergeOutcome.Inserted => AppendOutcome.Stored,
        MergeOutcome.AlreadyStored => AppendOutcome.AlreadyStored,
        _ => AppendOutcome.KeyConflict,
    }, result.Erased)
    {
        Reached = result.Delivery?.Reached,
        Holders = result.Delivery?.Holders ?? [],
    };
}
