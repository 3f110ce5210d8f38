using Holdfast.Rows;

namespace Holdfast.Stores;

/// <summary>Between a row and the columns of its table.</summary>
internal static class RowColumns
{
    public static object? Value(Row row, string column) => column switch
    {
        "tenant_id" => row.TenantId,
        "id" => row.Id,
        "stamp" => row.Stamp.Value,
        "user_id" => row.UserId,
        "session_id" => row.SessionId,
        "key" => row.Key,
        "occurred_at" => row.OccurredAt,
        _ => row[column],
    };

    /// <summary>The columns that <see cref="Row(Table, StoreReader)"/> reads, in its order.</summary>
    public static IEnumerable<string> Read(Table table) =>
        ["tenant_id", "id", "stamp", "user_id", "session_id", "key", "occurred_at", .. table.Own.Select(column => column.Name)];

    public static Row Row(Table table, StoreReader reader)
    {
        var values = new object?[table.Own.Count];
        for (var i = 0; i < values.Length; i++) values[i] = reader.Value(7 + i, table.Own[i].Type);
        return new Row(table, reader.Text(0), reader.Uuid(1), reader.Stamp(2), reader.TextOrNull(3), reader.TextOrNull(4), reader.TextOrNull(5), reader.Time(6), values);
    }
}
