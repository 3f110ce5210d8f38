using System.Data.Common;
using Holdfast.Rows;

namespace Holdfast.Stores;

/// <summary>Reads a result row, whatever the engine made of uuids, times and JSON.</summary>
internal abstract class StoreReader
{
    public abstract DbDataReader Data { get; }

    /// <summary>Where the row comes from.</summary>
    public ReadSource Source { get; set; }

    public abstract Guid Uuid(int column);

    public abstract DateTimeOffset Time(int column);

    public bool IsNull(int column) => Data.IsDBNull(column);

    public Stamp Stamp(int column) => new(Uuid(column));

    public string Text(int column) => Data.GetString(column);

    public string? TextOrNull(int column) => Data.IsDBNull(column) ? null : Data.GetString(column);

    public Guid? UuidOrNull(int column) => Data.IsDBNull(column) ? null : Uuid(column);

    public DateTimeOffset? TimeOrNull(int column) => Data.IsDBNull(column) ? null : Time(column);

    public long Integer(int column) => Data.GetInt64(column);

    public double Real(int column) => Data.GetDouble(column);

    public virtual bool Boolean(int column) => Data.GetBoolean(column);

    public object? Value(int column, ColumnType type)
    {
        if (IsNull(column)) return null;
        return type switch
        {
            ColumnType.Text or ColumnType.Json => Text(column),
            ColumnType.Uuid => Uuid(column),
            ColumnType.Timestamp => Time(column),
            ColumnType.Integer => Integer(column),
            ColumnType.Real => Real(column),
            ColumnType.Boolean => Boolean(column),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "A position is read by the feed only."),
        };
    }
}
