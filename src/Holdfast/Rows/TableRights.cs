namespace Holdfast.Rows;

/// <summary>Who works with a PostgreSQL server, by task: each is a role of its own there.</summary>
internal enum AccessRole
{
    /// <summary>Owns the schema and everything in it; nobody logs in as it.</summary>
    Owner,
    /// <summary>Logs in to migrate, and becomes the owner for that.</summary>
    Migrator,
    /// <summary>The agent's memory.</summary>
    App,
    /// <summary>The agent's memory of all tenants, where rows are kept apart by row-level security.</summary>
    Relay,
    ReadOnly,
    Backup,
    /// <summary>Watches the server; sees no row of a memory.</summary>
    Monitor,
}

/// <summary>What may be done with the rows of a table. TRUNCATE, REFERENCES and TRIGGER are nobody's but the owner's.</summary>
[Flags]
internal enum TableRight
{
    None = 0,
    Select = 1,
    Insert = 2,
    Update = 4,
    Delete = 8,
}

/// <summary>Who may do what, per table: the one declaration from which grants and their proof come.</summary>
internal static class TableRights
{
    private const TableRight Write = TableRight.Select | TableRight.Insert | TableRight.Update;

    /// <summary>Bookkeeping whose rows end: the only ones that this program deletes from a server.</summary>
    private static readonly HashSet<Table> Emptied = [Tables.ErasureSweeps, Tables.RelayRejects];

    /// <summary>How a server is: nothing of a memory stands in these.</summary>
    private static readonly HashSet<Table> Watched = [Tables.SchemaVersions, Tables.Canary, Tables.RelayCursors, Tables.RelaySources];

    /// <summary>The relay's bookkeeping, of all tenants at once: no column tells whose a row is, so that no policy can keep it apart.</summary>
    private static readonly HashSet<Table> OfAllTenants = [Tables.RelayCursors, Tables.RelaySources];

    /// <summary>What its rows tell, they tell of all tenants.</summary>
    public static bool IsOfAllTenants(Table table) => OfAllTenants.Contains(table);

    /// <param name="role">Who.</param>
    /// <param name="table">What.</param>
    /// <param name="isByTenant">Row-level security keeps tenants apart.</param>
    public static TableRight Of(AccessRole role, Table table, bool isByTenant) => role switch
    {
        // Which row of which tenant was read last stands in the cursors; in the sources stands who is at work, and no tenant.
        AccessRole.App or AccessRole.ReadOnly when isByTenant && OfAllTenants.Contains(table) => TableRight.None,
        AccessRole.Monitor when isByTenant && table == Tables.RelayCursors => TableRight.None,
        _ => Of(role, table),
    };

    private static TableRight Of(AccessRole role, Table table) => role switch
    {
        AccessRole.Owner => Write | TableRight.Delete,
        AccessRole.App or AccessRole.Relay when table == Tables.SchemaVersions => TableRight.Select,
        AccessRole.App or AccessRole.Relay => Emptied.Contains(table) ? Write | TableRight.Delete : Write,
        AccessRole.ReadOnly or AccessRole.Backup => TableRight.Select,
        AccessRole.Monitor => Watched.Contains(table) ? TableRight.Select : TableRight.None,
        _ => TableRight.None,
    };

    /// <summary>The key words of GRANT: <c>select, insert</c>.</summary>
    public static IReadOnlyList<string> Words(TableRight rights) =>
        [.. Each.Where(right => rights.HasFlag(right.Right)).Select(right => right.Word)];

    public static readonly IReadOnlyList<(TableRight Right, string Word)> Each =
        [(TableRight.Select, "select"), (TableRight.Insert, "insert"), (TableRight.Update, "update"), (TableRight.Delete, "delete")];
}
