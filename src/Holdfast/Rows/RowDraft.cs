namespace Holdfast.Rows;

/// <summary>An append row before it has a stamp: what the caller said. Making it checks everything that a store could refuse.</summary>
internal sealed record RowDraft(Table Table, object?[] Values)
{
    public string? UserId { get; init; }

    public string? SessionId { get; init; }

    public string? Key { get; init; }

    public DateTimeOffset? OccurredAt { get; init; }

    /// <summary>What the row follows: its stamp stands above it, however far ahead that lies.</summary>
    public Stamp Above { get; init; }

    /// <summary>Checks the draft and makes the row; the id is the stamp where there is no key.</summary>
    public Row ToRow(string tenantId, Stamp stamp, DateTimeOffset now)
    {
        Check.Text("user_id", UserId);
        if (SessionId is not null) Check.Id("session_id", SessionId);
        if (Key is not null) Check.Id("key", Key);
        for (var i = 0; i < Values.Length; i++) CheckValue(Table.Own[i], Values[i]);
        var occurredAt = OccurredAt is { } time ? Check.Time("occurred_at", time) : now;
        return new Row(Table, tenantId, IdOf(tenantId) ?? stamp.Value, stamp, UserId, SessionId, Key, occurredAt, Values);
    }

    /// <summary>The id that the key gives, or null.</summary>
    public Guid? IdOf(string tenantId) => (Key, SessionId) switch
    {
        (null, _) => null,
        ({ } key, null) => RowId.FromKey(tenantId, Table.Name, key),
        ({ } key, { } session) => RowId.FromKey(tenantId, Table.Name, session, key),
    };

    private static void CheckValue(Column column, object? value)
    {
        if (value is null && column.Required) throw new InvalidInputException(column.Name, "is missing; it must have a value.");
        // JSON was checked when it was brought into its form (JsonContent).
        if (value is string text && column.Type == ColumnType.Text)
            _ = column.Required && column.Allowed is null ? Check.Id(column.Name, text) : Check.Text(column.Name, text);
        if (column.Type == ColumnType.Json && value is string { Length: > Limits.JsonBytesMax } json)
            throw new InvalidInputException(column.Name, FormattableString.Invariant($"has {json.Length} bytes as JSON; at most {Limits.JsonBytesMax} (16 MiB) are kept."));
    }
}

/// <summary>A register's next value before it has a stamp.</summary>
internal sealed record RegisterDraft(Table Table, string Key, string Content)
{
    public string? UserId { get; init; }

    public string? SessionId { get; init; }

    public Row ToRow(string tenantId, Stamp stamp, Stamp? @base, DateTimeOffset now)
    {
        Check.Id("key", Key, Limits.RegisterKeyBytesMax);
        Check.Text("user_id", UserId);
        return new Row(Tables.Revisions, tenantId, stamp.Value, stamp, UserId, SessionId, Key: null, now, [Table.Name, Key, @base?.Value, Content]);
    }
}
