using Holdfast.Rows;

namespace Holdfast.Stores.Sqlite;

/// <summary>What the local file makes of a column's type: STRICT tables know four.</summary>
internal static class SqliteTypes
{
    public static string Sql(ColumnType type) => type switch
    {
        ColumnType.Text or ColumnType.Json => "TEXT",
        ColumnType.Uuid => "BLOB",
        ColumnType.Timestamp or ColumnType.Integer or ColumnType.Boolean or ColumnType.Position => "INTEGER",
        ColumnType.Real => "REAL",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>Uuids in the order of bytes in which they compare, times in microseconds since the Unix epoch.</summary>
    public static object Wire(object? value) => value switch
    {
        null => DBNull.Value,
        Stamp stamp => stamp.Value.ToByteArray(bigEndian: true),
        Guid uuid => uuid.ToByteArray(bigEndian: true),
        DateTimeOffset time => Timestamps.ToUnixMicroseconds(time),
        bool flag => flag ? 1L : 0L,
        int number => (long)number,
        SearchWords words => words.ForSqlite,
        _ => value,
    };
}
