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

    public static IEnumerable<UndoTarget> Of(SqlStatement statement)
    {
        var tokens = statement.Tokens;
        if (statement.StartsWith("drop", "table")) return RelationName.List(tokens, RelationName.Skip(tokens, 2, "if", "exists")).Select(table => new UndoTarget(statement.Line, table));
        if (statement.StartsWith("truncate")) return RelationName.List(tokens, RelationName.Skip(tokens, 1, "table")).Select(table => new UndoTarget(statement.Line, table));
        if (statement.StartsWith("delete", "from")) return RelationName.List(tokens, 2).Take(1).Select(table => new UndoTarget(statement.Line, table));
        if (statement.StartsWith("drop", "schema")) return RelationName.List(tokens, RelationName.Skip(tokens, 2, "if", "exists")).Select(name => new UndoTarget(statement.Line, Schema: name.Name));
        if (statement.StartsWith("alter", "table")) return DroppedColumns(statement);
        if (statement.StartsWith("drop") && Derived.Contains(tokens[1].Name)) return [];
        // The rest as the guard of the way forward sees it: what cannot be counted beforehand is not done unasked.
        return DestructiveSql.Find(new SqlScript(statement.Sql, [statement], [])).Take(1).Select(found => new UndoTarget(statement.Line, Unclear: $"what {found.What} takes away cannot be told beforehand"));
    }

    private static IEnumerable<UndoTarget> DroppedColumns(SqlStatement statement)
    {
        var tokens = statement.Tokens;
        if (RelationName.Read(tokens, RelationName.Skip(tokens, 2, "if", "exists", "only")) is not var (table, at)) yield break;
        var (depth, begins) = (0, true);
        for (; at < tokens.Count; at++)
        {
            if (begins && tokens[at].Is("drop") && at + 1 < tokens.Count && !tokens[at + 1].Is("constraint")
                && RelationName.Read(tokens, RelationName.Skip(tokens, at + 1, "column", "if", "exists")) is var (column, _))
                yield return new UndoTarget(statement.Line, table, column.Name);
            if (tokens[at].IsSymbol("(")) depth++;
            else if (tokens[at].IsSymbol(")")) depth--;
            begins = depth == 0 && tokens[at].IsSymbol(",");
        }
    }
}
