namespace Holdfast.Operations.Schema.Lint;

/// <summary>What takes something away that the running application may still use, and that no undo brings back.</summary>
internal static class DropRules
{
    private const string Soak = "Let a release pass in which nobody uses it, then drop it in a file of phase contract with the override of the guard.";

    public static readonly LintRule[] All =
    [
        new("ban-drop-column", "The running application fails, and the column's values are lost.", Soak,
            statement => (statement.Altered?.Actions ?? []).Where(action => action.Starts("drop") && !action.Starts("drop", "constraint")).Select(action => action[0])),
        new("ban-drop-table", "The running application fails, and the rows are lost.", Soak,
            statement => statement.StartsWith("drop", "table") ? [statement.Words[0]] : []),
        new("ban-drop-database", "All its data is lost.", "No migration needs it; remove a database by hand, after a backup that was restored once.",
            statement => statement.StartsWith("drop", "database") ? [statement.Words[0]] : []),
        new("ban-truncate-cascade", "Every table that refers to it is emptied too, by however many steps.", "Name each table, and delete by key.",
            statement => statement.StartsWith("truncate") && statement.Words[^1].Is("cascade") ? [statement.Words[^1]] : []),
        new("require-concurrent-partition-detach", "Nobody can read or write the partitioned table until the lock is had.",
            "Use DETACH PARTITION … CONCURRENTLY in a file with '-- holdfast:transaction off'.",
            statement => statement.ActionsOnUsedTable.Where(action => action.Starts("detach", "partition") && !action.Says("concurrently") && !action.Says("finalize")).Select(action => action[0])),
    ];
}
