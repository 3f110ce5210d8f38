namespace Holdfast.Operations.Schema.Sql;

/// <summary>
/// Whether what fills a hole can only be the name or the value that it looks like. <c>quote_ident</c> leaves <c>drop</c>, <c>schema</c> and <c>delete</c> without
/// quotes, and inside of quotes its own quote may end them.
/// </summary>
internal static class HolePlaces
{
    /// <summary>Key words that a name follows, and nothing that says what is done.</summary>
    private static readonly string[] BeforeName =
    [
        "table", "only", "from", "into", "update", "join", "exists", "index", "concurrently", "view", "sequence", "function", "procedure", "routine", "trigger", "policy",
        "rule", "domain", "type", "schema", "extension", "role", "column", "constraint", "add", "rename", "to", "by", "select", "where", "and", "or", "not", "using", "references",
        "database", "authorization", "returning", "distinct", "truncate", "on", "collate", "of", "partition", "between",
    ];

    // Behind these a parenthesis holds columns; behind others what a function of unknown name gets.
    private static readonly string[] BeforeTable = ["into", "table", "on", "exists", "references", "view", "index", "function", "procedure", "using", "update", "only"];

    public static bool AreSafe(string text)
    {
        if (text.AsSpan().IndexOfAny(RuntimeText.NameHole, RuntimeText.ValueHole) < 0) return true;
        var tokens = SqlTokenizer.Read(text);
        if (tokens.Any(token => token.Kind == SqlTokenKind.Comment && HasHole(text, token))) return false;
        var words = new SqlTokenList([.. tokens.Where(token => token.Kind != SqlTokenKind.Comment)]);
        for (var i = 0; i < words.Count; i++)
            if (HasHole(text, words[i]) && !IsSafe(text, words, i)) return false;
        return true;
    }

    private static bool HasHole(string text, SqlToken token) => text.AsSpan(token.Start, token.End - token.Start).IndexOfAny(RuntimeText.NameHole, RuntimeText.ValueHole) >= 0;

    private static bool IsSafe(string text, SqlTokenList words, int i)
    {
        var (word, written) = (words[i], text[words[i].Start..words[i].End]);
        return word.Kind switch
        {
            SqlTokenKind.Word => !written.Contains(RuntimeText.ValueHole, StringComparison.Ordinal) && IsName(words, i),
            // A name in quotes within quotes is an error, whatever it holds.
            SqlTokenKind.QuotedName => !written.Contains(RuntimeText.ValueHole, StringComparison.Ordinal),
            // The whole of a text, and not that which says what is set.
            _ => written == $"'{RuntimeText.ValueHole}'" && words.Name(i - 2) != "set_config",
        };
    }

    private static bool IsName(SqlTokenList words, int hole)
    {
        var (first, last) = (hole, hole);
        while (words.IsSymbol(first - 1, ".") && words.Name(first - 2) is not null) first -= 2;
        while (words.IsSymbol(last + 1, ".") && words.Name(last + 2) is not null) last += 2;
        var command = words.CommandOf(first);
        // A type before its constant, or COPY … FROM PROGRAM '…'.
        if (first == command || words.IsText(last + 1)) return false;
        var before = first - 1;
        if (words.IsSymbol(last + 1, "(") && !words.IsOneOf(before, BeforeTable)) return false;
        if (words[before].Kind == SqlTokenKind.Symbol)
            return words[before].Text switch
            {
                "(" => IsSymbol(words, last + 1) || (words.Is(command, "create") && !words.Is(before - 1, "as") && !words.Is(before - 1, "materialized")),
                // Between the actions of ALTER TABLE a command word may stand.
                "," => !(words.Is(command, "alter") && words.Depth(command, first) == 0),
                ")" or ";" or ":" => false,
                _ => true,
            };
        if (words.Is(before, "alter") || words.Is(before, "drop")) return before != command;
        if (words.Is(before, "set")) return words.Is(command, "update") || words.Is(command, "insert");
        if (words.Is(before, "as")) return !words.Is(command, "prepare") && !words.Is(command, "create");
        // EXPLAIN ANALYZE is followed by a command.
        if (words.Is(before, "analyze") || words.Is(before, "analyse") || words.Is(before, "vacuum")) return before == command;
        return words.IsOneOf(before, BeforeName);
    }

    private static bool IsSymbol(SqlTokenList words, int i) => i < words.Count && words[i].Kind == SqlTokenKind.Symbol;
}
