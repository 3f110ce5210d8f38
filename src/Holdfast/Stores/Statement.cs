namespace Holdfast.Stores;

/// <summary>
/// A query in the words of both engines. Most need one text: parameters are <c>$1</c>, <c>$2</c> …, tables stand in braces
/// (<c>{sessions}</c>) and become the store's own names.
/// </summary>
/// <param name="Postgres">The text for PostgreSQL.</param>
/// <param name="Sqlite">The text for the local file.</param>
internal sealed record Statement(string Postgres, string Sqlite)
{
    public Statement(string sql) : this(sql, sql) { }

    /// <summary>True for what reads a whole table: no deadline but the caller's.</summary>
    public bool MayTakeLong { get; init; }

    /// <summary>
    /// Whose rows it touches, where its text does not say so by <c>tenant_id = $1</c>; null: the text says it. Needed under row-level
    /// security only.
    /// </summary>
    public string? Tenant { get; init; }

    /// <summary>The text for PostgreSQL that is quicker where row-level security keeps an index from being used; null: there is no other.</summary>
    public string? UnderRowSecurity { get; init; }
}
