namespace Holdfast.Rows;

/// <summary>What a column holds; each store has one type for each.</summary>
internal enum ColumnType
{
    Text,
    Json,
    Uuid,
    Timestamp,
    Integer,
    Real,
    Boolean,
    /// <summary>A position in the feed: <c>xid8</c> in PostgreSQL, an integer in the local file.</summary>
    Position,
}

/// <summary>One column of a table.</summary>
/// <param name="Name">Its name in every store.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Required">True when it may never be null.</param>
/// <param name="Erasable">True when it holds what an erase must empty.</param>
/// <param name="Allowed">The values that a CHECK allows (from a C# enum), or null for any.</param>
/// <param name="Default">The SQL default of a table that is local to a store, or null.</param>
internal sealed record Column(
    string Name, ColumnType Type, bool Required = false, bool Erasable = false,
    IReadOnlyList<string>? Allowed = null, string? Default = null)
{
    public static Column Text(string name, bool required = false) => new(name, ColumnType.Text, required);

    public static Column OneOf<TEnum>(string name, bool required = true) where TEnum : struct, Enum =>
        new(name, ColumnType.Text, required, Allowed: EnumText<TEnum>.All);

    public static Column Json(string name) => new(name, ColumnType.Json, Erasable: true);

    public static Column Personal(string name) => new(name, ColumnType.Text, Erasable: true);

    public static Column Integer(string name, bool required = false) => new(name, ColumnType.Integer, required);

    public static Column Uuid(string name, bool required = false) => new(name, ColumnType.Uuid, required);

    public static Column Timestamp(string name, bool required = false) => new(name, ColumnType.Timestamp, required);
}
