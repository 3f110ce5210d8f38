using Holdfast.Operations.Schema.Catalogue;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>What mends one difference.</summary>
/// <param name="Difference">Which.</param>
/// <param name="Transactions">
/// One after the other; the statements of one are committed together. <c>{schema}</c> stands for the schema. A statement with
/// CONCURRENTLY stands alone.
/// </param>
internal sealed record RepairStep(Difference Difference, IReadOnlyList<IReadOnlyList<string>> Transactions)
{
    public IEnumerable<string> Statements => Transactions.SelectMany(transaction => transaction);

    /// <summary>
    /// Whether the schema's owner runs it, so that what it makes belongs to whom the rest belongs. Roles and the database are changed
    /// as who came, and so is who owns a thing.
    /// </summary>
    public bool IsTheOwners => !ObjectKind.IsOutside(Difference.Object.Kind) && Difference.Class != DriftClasses.Owner;

    /// <summary>Takes the constraint away that stands beside the old one until it takes its place; null: there is none.</summary>
    public string? Interim => Statements.FirstOrDefault(sql => sql.Contains(" drop constraint if exists \"holdfast_new_", StringComparison.Ordinal));

    /// <summary>
    /// What the application notices of it, where PostgreSQL has no way that lets it go on; null: nothing that lasts. A table that is made with
    /// all of its parts is empty.
    /// </summary>
    public string? Danger => Difference is { Actual: null, Expected: { Kind: ObjectKind.Column } column } && IsWrittenAgain(column) ? $"nobody can use {column.Parent} while all of its rows are written again with a value of their own, which is another on each provider where a function makes it"
        : Difference.Object.Parent is not { Length: > 0 } table ? Statements.Any(sql => sql.Contains(" attach partition ", StringComparison.Ordinal)) ? "all rows of the partition are read while nobody can use it" : null
        : Statements.Any(sql => sql.StartsWith("create index ", StringComparison.Ordinal) || sql.StartsWith("create unique index ", StringComparison.Ordinal)) && !Statements.Any(sql => sql.Contains(" concurrently ", StringComparison.Ordinal)) ? $"nobody can write to {table} until the index is built: one of a partitioned table is not built concurrently as a whole"
        : Difference.Object.Kind != ObjectKind.Constraint || !Statements.Any(sql => sql.Contains(" add constraint ", StringComparison.Ordinal)) || Statements.Any(sql => sql.Contains(" using index ", StringComparison.Ordinal) || sql.EndsWith(" not valid", StringComparison.Ordinal)) ? null
        : Difference.Object["type"] == "f" ? $"nobody can write to {table} and what it refers to until all rows are read: a foreign key of a partitioned table is not added NOT VALID in every major"
        : $"nobody can read or write {table} until the index of the key is built: {(Difference.Object["~partitioned"] == "true" ? "that of a partitioned table" : "that of such a key")} is not built concurrently";

    // A default that is no constant may be another value for each row.
    private static bool IsWrittenAgain(CatalogueObject column) => (column.Has("generated") && !column.Has("virtual")) || column.Has("identity")
        || (column["default"].Contains('(', StringComparison.Ordinal) && column["default"] is not "now()");

    public static bool IsConcurrent(IReadOnlyList<string> transaction) => transaction is [var only] && only.Contains(" concurrently ", StringComparison.Ordinal);
}
