namespace Holdfast.Rows;

/// <summary>How rows of a table merge.</summary>
internal enum TableKind
{
    /// <summary>First stamp wins: on a conflict of ids the lower stamp and its content stay.</summary>
    Append,
    /// <summary>Last stamp wins: one row per key, a projection of <c>revisions</c>.</summary>
    Register,
    /// <summary>A store's own bookkeeping: never relayed, never merged.</summary>
    Local,
}

/// <summary>One table of the catalogue.</summary>
internal sealed class Table
{
    private static readonly Column Tenant = Column.Text("tenant_id", required: true);
    private static readonly Column Id = Column.Uuid("id", required: true);
    private static readonly Column Stamped = Column.Uuid("stamp", required: true);
    private static readonly Column UserId = Column.Text("user_id");
    private static readonly Column SessionId = Column.Text("session_id");
    private static readonly Column OccurredAt = Column.Timestamp("occurred_at", required: true);

    private Table(string name, TableKind kind, IReadOnlyList<string> primaryKey, IReadOnlyList<Column> columns, int ownStart, int ownCount)
    {
        Name = name;
        Kind = kind;
        PrimaryKey = primaryKey;
        Columns = columns;
        Own = [.. columns.Skip(ownStart).Take(ownCount)];
    }

    public string Name { get; }

    public TableKind Kind { get; }

    /// <summary>Starts with <c>tenant_id</c> wherever a row belongs to a tenant.</summary>
    public IReadOnlyList<string> PrimaryKey { get; }

    /// <summary>Every column, in the order of the table.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>The columns that only this table has, in the order of <see cref="Row.Values"/>.</summary>
    public IReadOnlyList<Column> Own { get; private init; }

    /// <summary>Place in the fixed order in which a batch writes tables, so that two batches never wait for each other in a circle.</summary>
    public int Order { get; internal set; }

    /// <summary>The number of the migration that makes it on a server.</summary>
    public int Since { get; private init; } = 1;

    public bool IsMerged => Kind != TableKind.Local;

    /// <summary>Rows by stamp, with what tells who they belong to; <paramref name="own"/> follows.</summary>
    public static Table Append(string name, params Column[] own) => new(
        name, TableKind.Append, ["tenant_id", "id"],
        [Tenant, Id, Stamped, UserId, SessionId, Column.Personal("key"), OccurredAt, .. own,
            Column.Json("loser"), new("feed", ColumnType.Position, Required: true), Column.Integer("nonce", required: true)],
        7, own.Length);

    /// <summary>One row per key with its content; <paramref name="projected"/> are members of the content, for queries.</summary>
    public static Table Register(string name, params Column[] projected) => new(
        name, TableKind.Register, ["tenant_id", "key"],
        [Tenant, Column.Text("key", required: true), Stamped, UserId, SessionId, OccurredAt, Column.Json("content"),
            .. projected.Select(column => column with { Erasable = true })],
        7, projected.Length);

    public static Table Local(string name, string[] primaryKey, params Column[] columns) =>
        new(name, TableKind.Local, primaryKey, columns, 0, columns.Length);

    /// <summary>The same table, made by a later migration: a server that lacks it is older, not damaged.</summary>
    public Table MadeBy(int migration) => new(Name, Kind, PrimaryKey, Columns, 0, 0) { Since = migration, Own = Own };

    public int OwnIndex(string column)
    {
        for (var i = 0; i < Own.Count; i++)
            if (Own[i].Name == column) return i;
        throw new ArgumentOutOfRangeException(nameof(column), column, $"{Name} has no such column.");
    }

    public override string ToString() => Name;
}
