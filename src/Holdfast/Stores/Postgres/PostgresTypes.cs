using Holdfast.Rows;
using Npgsql;
using NpgsqlTypes;

namespace Holdfast.Stores.Postgres;

/// <summary>What PostgreSQL makes of a column's type, as DDL and as parameters.</summary>
internal static class PostgresTypes
{
    public static string Sql(ColumnType type) => type switch
    {
        ColumnType.Text => "text",
        ColumnType.Json => "json",
        ColumnType.Uuid => "uuid",
        ColumnType.Timestamp => "timestamptz",
        ColumnType.Integer => "bigint",
        ColumnType.Real => "double precision",
        ColumnType.Boolean => "boolean",
        ColumnType.Position => "xid8",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>JSON travels as text: the server casts it, and text compares.</summary>
    public static string Wire(ColumnType type) => type == ColumnType.Json ? "text" : Sql(type);

    public static NpgsqlParameter One(ColumnType type, object? value) =>
        new() { NpgsqlDbType = DbType(type), Value = ToWire(value) ?? DBNull.Value };

    public static NpgsqlParameter Many(ColumnType type, IEnumerable<object?> values, int count) =>
        new() { NpgsqlDbType = DbType(type) | NpgsqlDbType.Array, Value = Array(type, values, count) };

    public static NpgsqlParameter Many(ColumnType type, Array values) => new() { NpgsqlDbType = DbType(type) | NpgsqlDbType.Array, Value = values };

    /// <summary>A query's parameter: its type follows from the value.</summary>
    public static NpgsqlParameter Of(object? value) => value switch
    {
        Stamp stamp => new() { Value = stamp.Value },
        DateTimeOffset time => new() { Value = time.UtcDateTime },
        SearchWords words => new() { Value = words.ForPostgres },
        null => new() { Value = DBNull.Value },
        _ => new() { Value = value },
    };

    private static object? ToWire(object? value) => value is DateTimeOffset time ? time.UtcDateTime : value;

    private static Array Array(ColumnType type, IEnumerable<object?> values, int count) => type switch
    {
        ColumnType.Text or ColumnType.Json => Fill<string?>(values, count),
        ColumnType.Uuid => Fill<Guid?>(values, count),
        ColumnType.Timestamp => Fill<DateTime?>(values, count),
        ColumnType.Integer => Fill<long?>(values, count),
        ColumnType.Real => Fill<double?>(values, count),
        ColumnType.Boolean => Fill<bool?>(values, count),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    private static T[] Fill<T>(IEnumerable<object?> values, int count)
    {
        var array = new T[count];
        var i = 0;
        foreach (var value in values) array[i++] = (T)ToWire(value)!;
        return array;
    }

    private static NpgsqlDbType DbType(ColumnType type) => type switch
    {
        ColumnType.Text or ColumnType.Json => NpgsqlDbType.Text,
        ColumnType.Uuid => NpgsqlDbType.Uuid,
        ColumnType.Timestamp => NpgsqlDbType.TimestampTz,
        ColumnType.Integer => NpgsqlDbType.Bigint,
        ColumnType.Real => NpgsqlDbType.Double,
        ColumnType.Boolean => NpgsqlDbType.Boolean,
        ColumnType.Position => NpgsqlDbType.Xid8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };
}
