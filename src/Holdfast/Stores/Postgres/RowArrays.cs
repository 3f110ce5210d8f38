using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>
/// A column of many rows as one array parameter. What every row has is read without a look-up by name and without a box per
/// value: a batch of thousands of rows goes through here.
/// </summary>
internal static class RowArrays
{
    public static NpgsqlParameter Of(Column column, IReadOnlyList<Row> rows, int[] indexes) =>
        PostgresTypes.Many(column.Type, column.Name switch
        {
            "tenant_id" => Fill(rows, indexes, static row => row.TenantId),
            "id" => Fill(rows, indexes, static row => row.Id),
            "stamp" => Fill(rows, indexes, static row => row.Stamp.Value),
            "user_id" => Fill(rows, indexes, static row => row.UserId),
            "session_id" => Fill(rows, indexes, static row => row.SessionId),
            "key" => Fill(rows, indexes, static row => row.Key),
            "occurred_at" => Fill(rows, indexes, static row => row.OccurredAt.UtcDateTime),
            _ => Own(column, rows, indexes),
        });

    /// <summary>The tenants that occur, each once.</summary>
    public static NpgsqlParameter Tenants(IReadOnlyList<Row> rows, int[] indexes)
    {
        var tenants = new HashSet<string>(StringComparer.Ordinal);
        foreach (var i in indexes) tenants.Add(rows[i].TenantId);
        return PostgresTypes.Many(ColumnType.Text, tenants.ToArray());
    }

    private static Array Own(Column column, IReadOnlyList<Row> rows, int[] indexes)
    {
        var own = rows[indexes[0]].Table.OwnIndex(column.Name);
        return column.Type switch
        {
            ColumnType.Text or ColumnType.Json => Fill(rows, indexes, row => (string?)row.Values[own]),
            ColumnType.Uuid => Fill(rows, indexes, row => (Guid?)row.Values[own]),
            ColumnType.Timestamp => Fill(rows, indexes, row => ((DateTimeOffset?)row.Values[own])?.UtcDateTime),
            ColumnType.Integer => Fill(rows, indexes, row => (long?)row.Values[own]),
            ColumnType.Real => Fill(rows, indexes, row => (double?)row.Values[own]),
            ColumnType.Boolean => Fill(rows, indexes, row => (bool?)row.Values[own]),
            _ => throw new ArgumentOutOfRangeException(nameof(column), column.Type, "No row brings such a column."),
        };
    }

    private static T[] Fill<T>(IReadOnlyList<Row> rows, int[] indexes, Func<Row, T> value)
    {
        var array = new T[indexes.Length];
        for (var i = 0; i < array.Length; i++) array[i] = value(rows[indexes[i]]);
        return array;
    }
}
