using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>The names that statements of a file have given away so far, so that a name further down does not mean what it means before the file runs.</summary>
internal sealed class RenamedObjects
{
    private static readonly string[] Moves = ["search_path", "rename", "schema"];

    private readonly HashSet<string> _names = [];
    private bool _all;

    public void Add(SqlStatement statement)
    {
        var tokens = statement.Tokens;
        if (statement.StartsWith("alter"))
        {
            if (tokens.Any(token => token.Is("rename")) && tokens.ToList().FindLastIndex(token => token.Is("to")) is >= 0 and var to && to + 1 < tokens.Count) _names.Add(tokens[to + 1].Name ?? "");
            _all |= tokens.Zip(tokens.Skip(1)).Any(pair => pair.First.Is("set") && pair.Second.Is("schema"));
        }
        // Code that may do the same is not followed.
        else if (statement.StartsWith("set") || statement.StartsWith("select") || statement.StartsWith("reset") || statement.StartsWith("do") || statement.StartsWith("call") || statement.StartsWith("with"))
            _all |= statement.StartsWith("call")
                || tokens.Any(token => token.Name is "search_path" or "schema" || (token.Kind == SqlTokenKind.Text && Moves.Any(word => token.Text.Contains(word, StringComparison.OrdinalIgnoreCase))));
    }

    public bool Hide(UndoTarget target) =>
        _all || (target.Column is { } column && _names.Contains(column)) || (target.Schema is { } schema && _names.Contains(schema))
        || (target.Table is { } table && (_names.Contains(table.Name) || (table.Schema is { } named && _names.Contains(named))));
}
