namespace Holdfast.Operations.Schema.Sql;

/// <summary>
/// Finds what a file would throw away: the guard before every SQL file that the tool runs. It reads words, not text, so a comment
/// or a constant that says DROP TABLE is none; and what runs a constant as SQL (DO, a function's body, EXECUTE) is read as SQL.
/// </summary>
/// <remarks>
/// Where it cannot know, it finds: SQL put together at run time from more than names and values that are quoted on their way in, a body in another language
/// than SQL and PL/pgSQL, a program that COPY starts. The body of CREATE FUNCTION is read too, though it does not run at once: the same file, or a trigger, may
/// call it. It does not know what the functions do that a server has already.
/// A DELETE has a key where every row that goes was equal to something (see <see cref="KeyCondition"/>): <c>id &gt; 0</c> is none. It does not know the tables: what a
/// subquery gives back may be all there is, and a column in it without its table's name may be the deleted table's own.
/// What a file has made itself (<see cref="OwnTables"/>) it may throw away.
/// </remarks>
internal static class DestructiveSql
{
    /// <summary>What it would throw away, in order; none for a file that only adds and changes by key.</summary>
    public static IReadOnlyList<DestructiveStatement> Find(SqlScript script) => [.. All(script, thorough: false).Where(found => found.Rule != ServerWide.RuleName)];

    /// <summary>As <see cref="Find"/>, and also each DELETE that has a key and each change of a column's type: what may lose something that was stored.</summary>
    public static IReadOnlyList<DestructiveStatement> FindLosses(SqlScript script) => [.. All(script, thorough: true).Where(found => found.Rule != ServerWide.RuleName)];

    internal static List<DestructiveStatement> All(SqlScript script, bool thorough)
    {
        var found = new List<DestructiveStatement>();
        var lines = new SqlLines(script.Sql);
        var own = new OwnTables(script);
        foreach (var statement in script.Statements)
        {
            var before = found.Count;
            new DestructiveScan(script.Sql, lines, 1, statement.Tokens, found, thorough).Run();
            if (found.Count > before && own.Cover(statement, found[before..])) found.RemoveRange(before, found.Count - before);
            own.Read(statement);
        }
        return found;
    }
}

/// <summary>Something that would be thrown away.</summary>
/// <param name="Rule">
/// drop-table, drop-column, drop-schema, drop-database, drop-owned, drop-extension, drop-cascade, truncate, delete-without-key,
/// update-without-key, merge-delete, merge-update, retype-column, set-unlogged, catalogue-change, destroying-function, create-database, rename-database, dynamic-sql, unreadable-code.
/// </param>
/// <param name="What">The words that say so.</param>
/// <param name="Line">Where, from 1.</param>
internal sealed record DestructiveStatement(string Rule, string What, int Line);
