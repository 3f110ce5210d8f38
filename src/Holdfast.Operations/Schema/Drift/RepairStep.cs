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

    public static bool IsConcurrent(IReadOnlyList<string> transaction) => transaction is [var only] && only.Contains(" concurrently ", StringComparison.Ordinal);
}
