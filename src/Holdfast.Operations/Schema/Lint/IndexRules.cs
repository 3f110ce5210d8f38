using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Lint;

/// <summary>Indexes that are built, dropped or rebuilt while nobody can write.</summary>
internal static class IndexRules
{
    public static readonly LintRule[] All =
    [
        new("require-concurrent-index-creation", "Nobody can write to the table while the index is built.",
            "Use CREATE INDEX CONCURRENTLY in a file with '-- holdfast:transaction off', or 'holdfast schema index build'.", Creations),
        new("require-concurrent-index-deletion", "Nobody can read or write the table until the lock is had and the index is gone.",
            "Use DROP INDEX CONCURRENTLY in a file with '-- holdfast:transaction off', or 'holdfast schema index drop'.",
            statement => statement.StartsWith("drop", "index") && !statement.StartsWith("drop", "index", "concurrently") ? [statement.Words[0]] : []),
        new("require-concurrent-reindex", "Nobody can write to the table while the index is built again.",
            "Use REINDEX … CONCURRENTLY in a file with '-- holdfast:transaction off'.", Rebuilds),
        new("ban-concurrent-index-creation-in-transaction", "PostgreSQL refuses CONCURRENTLY inside of a transaction, and the file fails.",
            "Put the statement in a file of its own with '-- holdfast:transaction off'.",
            statement => statement.Before.InTransaction && IsConcurrent(statement) ? [statement.Words[0]] : []),
    ];

    private static IEnumerable<SqlToken> Creations(LintedStatement statement)
    {
        var at = statement.StartsWith("create", "unique", "index") ? 3 : statement.StartsWith("create", "index") ? 2 : 0;
        if (at == 0 || (statement.Words.Count > at && statement.Words[at].Is("concurrently"))) return [];
        var on = statement.Words.TakeWhile(word => !word.Is("on")).Count() + 1;
        if (on < statement.Words.Count && statement.Words[on].Is("only")) on++;
        return statement.Before.Created.Contains(AlteredTable.NameAt(statement.Words, ref on)) ? [] : [statement.Words[0]];
    }

    private static IEnumerable<SqlToken> Rebuilds(LintedStatement statement)
    {
        if (!statement.StartsWith("reindex") || IsConcurrent(statement)) return [];
        // The system's own indexes cannot be rebuilt concurrently.
        return statement.Words.Any(word => word.Is("system")) ? [] : [statement.Words[0]];
    }

    private static bool IsConcurrent(LintedStatement statement) =>
        (statement.StartsWith("create", "index", "concurrently") || statement.StartsWith("create", "unique", "index", "concurrently")
            || statement.StartsWith("drop", "index", "concurrently"))
        || (statement.StartsWith("reindex") && statement.Words.Take(8).Any(word => word.Is("concurrently")));
}
