using Holdfast.Rows;
using Holdfast.Stores;

namespace Holdfast.Relay;

/// <summary>
/// How far a receiver has read a source's feed of one table. Its place is an anchor, the last entry that was read, with the
/// random value of that write: a source that was restored, replaced or reloaded does not have it as it was.
/// </summary>
/// <param name="Table">The table.</param>
/// <param name="SystemIdentifier">The cluster and database that the anchor is of; empty where the server does not tell.</param>
/// <param name="Anchor">The last entry that was read; null: none yet.</param>
/// <param name="RepairPending">True until the feed has been read from its start to its end: what the receiver lacks is not known yet.</param>
internal sealed record RelayCursor(Table Table, string SystemIdentifier, FeedEntry? Anchor, bool RepairPending)
{
    public FeedPosition Position => Anchor?.Position ?? FeedPosition.Start;

    /// <summary>Reads everything again, ids only: the receiver fetches what it lacks.</summary>
    public static RelayCursor FromStart(Table table, string systemIdentifier) => new(table, systemIdentifier, null, RepairPending: true);
}
