namespace Holdfast.Operations.Schema.Sql;

/// <summary>DELETE, UPDATE and MERGE: whether they change rows that no key names.</summary>
internal static class RowChange
{
    /// <param name="words">From its first word to its end.</param>
    /// <param name="anyDelete">Whether a DELETE counts though it has a key.</param>
    /// <returns>The rules, and where in the words; none where it is none of them.</returns>
    public static IEnumerable<(string Rule, int At)> Of(SqlToken[] words, bool anyDelete)
    {
        if (words is [var merge, var into, ..] && merge.Is("merge") && into.Is("into")) return Merge(words);
        return Rule(words, anyDelete) is { } rule ? [(rule, 0)] : [];
    }

    private static string? Rule(SqlToken[] words, bool anyDelete)
    {
        var isDelete = words is [var delete, var from, ..] && delete.Is("delete") && from.Is("from");
        // Otherwise "for update", "do update set" of an upsert, a column named update.
        var isUpdate = words is [var update, ..] && update.Is("update") && TopLevel.IndexOf(words, "set") >= 2;
        if (!isDelete && !isUpdate) return null;
        var (table, names) = Target(words, isDelete ? 2 : 1);
        if (IsOfTheServer(table)) return "catalogue-change";
        var where = TopLevel.IndexOf(words, "where");
        var returning = TopLevel.IndexOf(words, "returning");
        var condition = where < 0 ? [] : words[(where + 1)..(returning > where ? returning : words.Length)];
        var list = isDelete ? TopLevel.IndexOf(words, "using") : -1;
        var joined = list < 0 ? [] : words[(list + 1)..(where < 0 ? words.Length : where)];
        return (isDelete && anyDelete) || !new KeyCondition(table, names, byEquality: isDelete).Holds(condition, joined) ? isDelete ? "delete-without-key" : "update-without-key" : null;
    }

    private static IEnumerable<(string Rule, int At)> Merge(SqlToken[] words)
    {
        var (table, names) = Target(words, 2);
        if (IsOfTheServer(table)) yield return ("catalogue-change", 0);
        var clauses = TopLevel.All(words, "when");
        if (clauses.Count == 0) yield break;
        // The last one: those before it belong to joins of the source.
        var on = TopLevel.All(words[..clauses[0]], "on") is [.., var last] ? last : clauses[0] - 1;
        var join = words[(on + 1)..clauses[0]];
        var key = new KeyCondition(table, names, byEquality: false);
        for (var i = 0; i < clauses.Count; i++)
        {
            var clause = words[clauses[i]..(i + 1 < clauses.Count ? clauses[i + 1] : words.Length)];
            var then = TopLevel.IndexOf(clause, "then");
            if (then < 0 || then + 1 >= clause.Length) continue;
            var and = TopLevel.IndexOf(clause.AsSpan(0, then), "and");
            var condition = and < 0 ? [] : clause[(and + 1)..then];
            // What the source lacks is not joined to anything.
            var isJoined = !(clause is [_, var not, _, var by, var source, ..] && not.Is("not") && by.Is("by") && source.Is("source"));
            if (clause[then + 1].Is("delete")) yield return ("merge-delete", clauses[i] + then + 1);
            if (clause[then + 1].Is("update") && !key.Holds(condition) && !(isJoined && key.Holds(join))) yield return ("merge-update", clauses[i] + then + 1);
        }
    }

    // A row of pg_attribute is a column, one of pg_class a table; pg_settings sets what the words mean.
    private static bool IsOfTheServer(string table) => table.StartsWith("pg_", StringComparison.Ordinal);

    /// <summary>The table, and the names by which its columns may be called.</summary>
    private static (string Table, string[] Names) Target(SqlToken[] words, int at)
    {
        if (words.Length > at && words[at].Is("only")) at++;
        if (words.Length > at && words[at].IsSymbol("(")) at++;
        while (words.Length > at + 2 && words[at + 1].IsSymbol(".")) at += 2;
        if (at >= words.Length) return ("", []);
        var name = words[at].Name ?? "";
        for (at++; words.Length > at && (words[at].IsSymbol("*") || words[at].IsSymbol(")") || words[at].Is("as"));) at++;
        return (name, at < words.Length && words[at].Name is { } alias && !(words[at].Kind == SqlTokenKind.Word && alias is "where" or "using" or "set" or "returning") ? [alias] : [name]);
    }
}
