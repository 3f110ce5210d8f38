using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Something with rows in it that a statement would take away.</summary>
/// <param name="Line">Where the statement stands.</param>
/// <param name="Table">The table.</param>
/// <param name="Column">The column; null: all rows.</param>
/// <param name="Schema">A whole schema instead.</param>
/// <param name="Unclear">Why it cannot be told what it takes away.</param>
internal sealed record UndoTarget(int Line, RelationName? Table = null, string? Column = null, string? Schema = null, string? Unclear = null)
{
    /// <summary>They hold no rows of their own.</summary>
    private static readonly string[] Derived = ["view", "materialized", "index", "function", "procedure", "trigger", "policy", "rule", "sequence", "statistics", "aggregate"];

    /// <summary>What a file takes away. What a statement before gave another name cannot be looked at beforehand, for it is not there yet.</summary>
    public static IEnumerable<UndoTarget> Of(IEnumerable<SqlStatement> statements)
    {
        var renamed = new RenamedObjects();
        foreach (var statement in statements)
        {
            foreach (var target in Of(statement))
                yield return target.Unclear is null && renamed.Hide(target) ? target with { Unclear = $"'{target.Column ?? target.Schema ?? target.Table!.Name}' may be another one by then than it is now: a statement above renames or moves things" } : target;
            renamed.Add(statement);
        }
    }

    private static IEnumerable<UndoTarget> Of(SqlStatement statement)
    {
        // ONLY (t) is the same as ONLY t.
        var tokens = WithoutOnly(statement.Tokens);
        if (statement.StartsWith("drop", "table")) return Tables(statement, tokens, RelationName.Skip(tokens, 2, "if", "exists"));
        if (statement.StartsWith("truncate")) return Tables(statement, tokens, RelationName.Skip(tokens, 1, "table"));
        if (statement.StartsWith("delete", "from")) return Tables(statement, tokens, 2).Take(1).Concat(Losses(statement, except: "delete-without-key"));
        if (statement.StartsWith("drop", "schema")) return Tables(statement, tokens, RelationName.Skip(tokens, 2, "if", "exists")).Select(target => target.Table is { } name ? new UndoTarget(statement.Line, Schema: name.Name) : target);
        if (statement.StartsWith("alter", "table")) return DroppedColumns(statement, tokens).Concat(Losses(statement, except: "drop-column"));
        // CASCADE may take a column with it, by its type or by what computes it.
        if (statement.StartsWith("drop") && tokens.Count > 1 && Derived.Contains(tokens[1].Name) && !tokens[^1].Is("cascade")) return [];
        return Losses(statement, except: null).Take(1);
    }

    /// <summary>The rest as the guard of the way forward sees it, and stricter: what cannot be counted beforehand is not done unasked.</summary>
    private static IEnumerable<UndoTarget> Losses(SqlStatement statement, string? except) =>
        DestructiveSql.FindLosses(new SqlScript(statement.Sql, [Alone(statement)], [])).Where(found => found.Rule != except).Select(found => Cannot(statement, found.What));

    // Its words as they stand in its own text.
    private static SqlStatement Alone(SqlStatement statement) => SqlScript.Parse(statement.Sql).Statements[0];

    private static UndoTarget Cannot(SqlStatement statement, string what) => new(statement.Line, Unclear: $"what {what} takes away cannot be told beforehand");

    private static IEnumerable<UndoTarget> Tables(SqlStatement statement, IReadOnlyList<SqlToken> tokens, int at)
    {
        var names = RelationName.List(tokens, at).ToList();
        return names.Count == 0 ? [Cannot(statement, statement.Sql)] : names.Select(table => new UndoTarget(statement.Line, table));
    }

    private static IEnumerable<UndoTarget> DroppedColumns(SqlStatement statement, IReadOnlyList<SqlToken> tokens)
    {
        if (RelationName.Read(tokens, RelationName.Skip(tokens, 2, "if", "exists")) is not var (table, at))
        {
            yield return Cannot(statement, statement.Sql);
            yield break;
        }
        if (at < tokens.Count && tokens[at].IsSymbol("*")) at++;
        var (depth, begins) = (0, true);
        for (; at < tokens.Count; at++)
        {
            if (begins && tokens[at].Is("drop") && at + 1 < tokens.Count && !tokens[at + 1].Is("constraint"))
            {
                var name = RelationName.Skip(tokens, at + 1, "column");
                if (name + 1 < tokens.Count && tokens[name].Is("if") && tokens[name + 1].Is("exists")) name += 2;
                yield return RelationName.Read(tokens, name) is var (column, _) ? new UndoTarget(statement.Line, table, column.Name) : Cannot(statement, statement.Sql);
            }
            if (tokens[at].IsSymbol("(")) depth++;
            else if (tokens[at].IsSymbol(")")) depth--;
            begins = depth == 0 && tokens[at].IsSymbol(",");
        }
    }

    private static List<SqlToken> WithoutOnly(IReadOnlyList<SqlToken> tokens)
    {
        var kept = new List<SqlToken>(tokens.Count);
        var inside = false;
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].Is("only"))
            {
                if (inside = i + 1 < tokens.Count && tokens[i + 1].IsSymbol("(")) i++;
                continue;
            }
            if (inside && tokens[i].IsSymbol(")")) inside = false;
            else kept.Add(tokens[i]);
        }
        return kept;
    }
}
