namespace Holdfast.Rows;

/// <summary>
/// A merge-safe record: it can be written to any store, any number of times, in any order, and every store ends the same.
/// </summary>
/// <param name="Table">The append table that it belongs to.</param>
/// <param name="TenantId">Whose data it is.</param>
/// <param name="Id">Its identity and idempotency key.</param>
/// <param name="Stamp">Its place in causal order.</param>
/// <param name="UserId">The user that it is about: a scope of erasing.</param>
/// <param name="SessionId">The session that it belongs to: the other scope of erasing.</param>
/// <param name="Key">The key that the caller brought, if any.</param>
/// <param name="OccurredAt">When it happened, to the microsecond.</param>
/// <param name="Values">The values of <see cref="Table.Own"/>: string (also for JSON), <see cref="Guid"/>, long, double, bool, <see cref="DateTimeOffset"/> or null.</param>
internal sealed record Row(
    Table Table, string TenantId, Guid Id, Stamp Stamp, string? UserId, string? SessionId, string? Key,
    DateTimeOffset OccurredAt, object?[] Values) : IComparable<Row>
{
    public object? this[string column] => Values[Table.OwnIndex(column)];

    public string? Text(string column) => (string?)this[column];

    /// <summary>About how many bytes it takes on the wire.</summary>
    public long Size
    {
        get
        {
            var size = 128L;
            foreach (var value in Values) size += value is string text ? text.Length : 8;
            return size;
        }
    }

    /// <summary>The order in which every batch writes: tables in a fixed order, then by primary key.</summary>
    public int CompareTo(Row? other)
    {
        if (other is null) return 1;
        var order = Table.Order.CompareTo(other.Table.Order);
        if (order == 0) order = string.CompareOrdinal(TenantId, other.TenantId);
        if (order == 0) order = Id.CompareTo(other.Id);
        return order == 0 ? Stamp.CompareTo(other.Stamp) : order;
    }

    /// <summary>The same row without what an erase must empty.</summary>
    public Row Emptied() => this with
    {
        Key = null,
        Values = [.. Values.Select((value, i) => Table.Own[i].Erasable ? null : value)],
    };

    /// <summary>True when both say the same, whenever it was written: a retry is identical.</summary>
    public bool SameContent(Row other) =>
        UserId == other.UserId && SessionId == other.SessionId && Values.AsSpan().SequenceEqual(other.Values);
}
