namespace Holdfast.Operations.Schema.Sql;

/// <summary>
/// What a file itself has made so far: its temporary tables, its new tables and columns. Nothing that was stored before is in them, so that nothing is thrown away with
/// them. Only in a file that runs in one transaction: otherwise others may have written there, or a session that goes on may have lost them.
/// </summary>
internal sealed class OwnTables
{
    private static readonly string[] Rules = ["drop-table", "truncate", "delete-without-key", "update-without-key", "drop-column", "retype-column", "set-unlogged"];

    // What may take a table away unseen, make a name mean another one, or end the transaction.
    private static readonly string[] Forgets = ["do", "call", "execute", "set", "reset", "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "prepare", "discard"];
    private static readonly string[] Temporary = ["temp", "temporary"];

    // With these, rows of other tables hang on a table that is new.
    private static readonly string[] Ties = ["references", "inherit", "attach"];

    private readonly HashSet<string> _temporary = new(StringComparer.Ordinal);
    private readonly HashSet<string> _made = new(StringComparer.Ordinal);
    private readonly HashSet<(string Table, string Column)> _columns = [];
    private readonly bool _isBlind;

    public OwnTables(SqlScript script) => _isBlind = script.Comments.Any(comment => comment.Text.Contains("holdfast:transaction", StringComparison.OrdinalIgnoreCase))
        || script.Statements.Any(statement => statement.Tokens.Any(token => token.Name is { } name ? name.StartsWith("pg_temp", StringComparison.Ordinal) || name is "search_path" or "set_config" : token.Text.Contains("search_path", StringComparison.OrdinalIgnoreCase)));

    /// <summary>Whether what is found in a statement is only about them.</summary>
    public bool Cover(SqlStatement statement, IReadOnlyList<DestructiveStatement> found) =>
        (_temporary.Count > 0 || _made.Count > 0 || _columns.Count > 0) && found.All(one => Rules.Contains(one.Rule)) && (Changed(statement) is { Count: > 0 } tables && tables.TrueForAll(table => _temporary.Contains(table) || _made.Contains(table)) || FillsOwnColumns(statement));

    public void Read(SqlStatement statement)
    {
        if (_isBlind) return;
        var words = new SqlTokenList(statement.Tokens);
        if (statement.Tokens.Any(token => Ties.Any(token.Is))) _made.Clear();
        if (words.IsOneOf(0, Forgets)) Forget(null);
        else if (words.Is(0, "create")) Create(words);
        else if (words.Is(0, "alter", "table")) Alter(statement, words);
        else if (words.Is(0, "alter") && statement.Tokens.Any(token => token.Is("rename") || token.Is("schema"))) Forget(null);
        else if (words.Is(0, "drop")) Forget(Changed(statement));
    }

    private void Create(SqlTokenList words)
    {
        var at = words.Is(1, "local") || words.Is(1, "global") ? 2 : 1;
        var isTemporary = words.IsOneOf(at, Temporary);
        if (isTemporary || words.Is(at, "unlogged")) at++;
        if (!words.Is(at++, "table")) return;
        // One that is there already may have rows; a temporary one hides it.
        if (words.Is(at, "if", "not")) at = isTemporary ? at + 3 : words.Count;
        if (Name(words, ref at) is { } name) (isTemporary ? _temporary : _made).Add(name);
    }

    private void Alter(SqlStatement statement, SqlTokenList words)
    {
        var at = words.Is(2, "if", "exists") ? 4 : 2;
        if (words.Is(at, "only")) at++;
        if (Name(words, ref at) is not { } table) return;
        if (words.IsSymbol(at, "*")) at++;
        if (words.Is(at, "rename") || words.Is(at, "set", "schema")) Forget(Changed(statement));
        for (var (action, depth) = (true, 0); at < words.Count; at++)
        {
            if (action && words.Is(at, "add") && words.Name(words.Is(at + 1, "column") ? at + 2 : at + 1) is { } column && column != "if") _columns.Add((table, column));
            depth += words.Step(at);
            action = depth == 0 && words.IsSymbol(at, ",");
        }
    }

    private void Forget(List<string>? tables)
    {
        _columns.Clear();
        if (tables is null)
        {
            _temporary.Clear();
            _made.Clear();
            return;
        }
        foreach (var table in tables)
        {
            _temporary.Remove(table);
            _made.Remove(table);
        }
    }

    private bool FillsOwnColumns(SqlStatement statement)
    {
        var words = new SqlTokenList(statement.Tokens);
        var at = words.Is(1, "only") ? 2 : 1;
        if (!words.Is(0, "update") || Name(words, ref at) is not { } table) return false;
        var set = TopLevel.IndexOf([.. statement.Tokens], "set");
        if (set < 0) return false;
        for (var (i, depth, begins) = (set + 1, 0, true); i < words.Count; i++)
        {
            if (begins && !(words.Name(i) is { } column && words.IsSymbol(i + 1, "=") && _columns.Contains((table, column)))) return false;
            depth += TopLevel.Step([words[i]], 0);
            begins = depth == 0 && words.IsSymbol(i, ",");
            if (depth == 0 && (words.Is(i, "where") || words.Is(i, "from") || words.Is(i, "returning"))) break;
        }
        return true;
    }

    /// <summary>The tables that a statement drops, empties or changes, as they are written; none where it does something else.</summary>
    private static List<string> Changed(SqlStatement statement)
    {
        var words = new SqlTokenList(statement.Tokens);
        var (at, isList) = words switch
        {
            _ when words.Is(0, "drop", "table") => (2, true),
            _ when words.Is(0, "truncate") => (words.Is(1, "table") ? 2 : 1, true),
            _ when words.Is(0, "delete", "from") || words.Is(0, "alter", "table") => (2, false),
            _ when words.Is(0, "update") => (1, false),
            _ => (words.Count, false),
        };
        if (words.Is(at, "if", "exists")) at += 2;
        var tables = new List<string>();
        do
        {
            if (words.Is(at, "only")) at++;
            if (Name(words, ref at) is not { } name) return [];
            tables.Add(name);
            if (words.IsSymbol(at, "*")) at++;
        }
        while (isList && words.IsSymbol(at++, ","));
        return tables;
    }

    private static string? Name(SqlTokenList words, ref int at)
    {
        if (words.Name(at) is not { } name) return null;
        for (at++; words.IsSymbol(at, ".") && words.Name(at + 1) is { } part; at += 2) name += $".{SqlQuote.Name(part)}";
        return name;
    }
}
