namespace Holdfast.Stores;

/// <summary>
/// A place in a store's feed: the order in which the store got or changed append rows. It means something to that store only.
/// </summary>
/// <param name="Feed">PostgreSQL's transaction id, or the local file's counter.</param>
/// <param name="TenantId">Orders the rows of one transaction.</param>
/// <param name="Id">Orders them further.</param>
internal readonly record struct FeedPosition(ulong Feed, string TenantId, Guid Id)
{
    public static readonly FeedPosition Start = new(0, "", Guid.Empty);
}

/// <summary>One entry of a feed: which row changed, without its content.</summary>
/// <param name="Position">Where it stands.</param>
/// <param name="Stamp">The row's stamp.</param>
/// <param name="Nonce">A random value of the write: tells a position of today from the same one after a restore.</param>
internal readonly record struct FeedEntry(FeedPosition Position, Rows.Stamp Stamp, long Nonce)
{
    public RowReference Reference => new(Position.TenantId, Position.Id, Stamp);
}

/// <summary>A row by its key and stamp.</summary>
internal readonly record struct RowReference(string TenantId, Guid Id, Rows.Stamp Stamp);
