namespace Holdfast.Operations.Schema.Sql;

/// <summary>
/// Whether one side of an equality is a column of the changed table, or several in a row: as it is, in another type or case, or a member of its JSON. What else is
/// computed from it may be the same for every row: <c>id * 0</c>, <c>isfinite(at)</c>, <c>pg_typeof(id)</c>.
/// </summary>
internal static class KeyColumn
{
    private static readonly string[] Members = ["->", "->>", "#>", "#>>"];

    // The same in every row, or in all that one transaction wrote.
    private static readonly string[] OfTheServer = ["tableoid", "xmin", "xmax", "cmin", "cmax"];

    public static bool Is(ReadOnlySpan<SqlToken> side, Scope scope)
    {
        side = TopLevel.Unwrap(side);
        if (side is []) return false;
        if (IndexOf(side, [","]) is >= 0 and var comma) return Is(side[..comma], scope) || Is(side[(comma + 1)..], scope);
        if (side is [var function, var open, _, ..] && open.IsSymbol("(") && function.Kind == SqlTokenKind.Word)
            return IsCall(function, side[2..], scope);
        if (IndexOf(side, Members) is > 0 and var member) return Is(side[..member], scope) && IsPath(side[member..]);
        if (IndexOf(side, ["::"]) is > 0 and var cast) return Is(side[..cast], scope) && IsType(side[cast..]);
        if (side is [.., var collate, _] && collate.Is("collate")) side = side[..^2];
        return IsColumn(side, scope);
    }

    private static bool IsCall(SqlToken function, ReadOnlySpan<SqlToken> arguments, Scope scope)
    {
        var close = 0;
        for (var depth = 1; close < arguments.Length && (depth += arguments[close].IsSymbol("(") ? 1 : arguments[close].IsSymbol(")") ? -1 : 0) > 0;) close++;
        if (close != arguments.Length - 1) return false;
        var inner = arguments[..close];
        if (function.Is("cast")) return TopLevel.IndexOf(inner, "as") is > 0 and var type && Is(inner[..type], scope);
        return (function.Is("row") || ((function.Is("lower") || function.Is("upper")) && IndexOf(inner, [","]) < 0)) && Is(inner, scope);
    }

    private static bool IsColumn(ReadOnlySpan<SqlToken> side, Scope scope)
    {
        for (var i = 1; i < side.Length; i++)
            if (i % 2 == 1 ? !side[i].IsSymbol(".") : side[i].Name is null) return false;
        if (side.Length % 2 == 0 || side[^1].Name is not { } name || !SqlWords.MayBeColumn(side[0]) || OfTheServer.Contains(name)) return false;
        return side.Length == 1 ? !scope.IsQualified : scope.Own.Contains(side[^3].Name);
    }

    private static bool IsPath(ReadOnlySpan<SqlToken> words)
    {
        foreach (var word in words)
            if (word.Kind is not (SqlTokenKind.Text or SqlTokenKind.Number) && !(word.Kind == SqlTokenKind.Symbol && Members.Contains(word.Text))) return false;
        return true;
    }

    private static bool IsType(ReadOnlySpan<SqlToken> words)
    {
        foreach (var word in words)
            if (word.Name is null && word.Kind != SqlTokenKind.Number && !(word.Kind == SqlTokenKind.Symbol && word.Text is "::" or "." or "(" or "," or ")" or "[" or "]")) return false;
        return true;
    }

    private static int IndexOf(ReadOnlySpan<SqlToken> words, string[] symbols)
    {
        for (var (i, depth) = (0, 0); i < words.Length; i++)
        {
            depth += TopLevel.Step(words, i);
            if (depth == 0 && words[i].Kind == SqlTokenKind.Symbol && symbols.Contains(words[i].Text)) return i;
        }
        return -1;
    }
}

/// <summary>What names of columns mean in a condition.</summary>
/// <param name="Own">The names by which the changed table's columns may be called there.</param>
/// <param name="Same">Those, and the names of the same table once more: in a join with itself each row meets itself.</param>
/// <param name="IsQualified">Whether a column without its table's name is another table's.</param>
internal sealed record Scope(string[] Own, string[] Same, bool IsQualified)
{
    private static readonly string[] BehindName = ["on", "join", "left", "right", "inner", "cross", "full", "natural", "using", "tablesample", "where"];
    private static readonly string[] BeforeName = ["join", "only", "lateral"];

    public static Scope Of(string table, string[] targets, ReadOnlySpan<SqlToken> joined, bool qualified)
    {
        var selves = new List<string>();
        for (var i = 0; i < joined.Length; i++)
        {
            if (joined[i].IsSymbol("(") && i + 1 < joined.Length && (joined[i + 1].Is("select") || joined[i + 1].Is("with") || joined[i + 1].Is("values"))) i = TopLevel.Close(joined, i);
            else if (joined[i].Name is not null && (i == 0 || joined[i - 1].IsSymbol(",") || joined[i - 1].IsSymbol("(") || IsOneOf(joined[i - 1], BeforeName)))
            {
                while (i + 2 < joined.Length && joined[i + 1].IsSymbol(".")) i += 2;
                if (joined[i].Name != table) continue;
                var alias = i + 1;
                while (alias < joined.Length && (joined[alias].IsSymbol("*") || joined[alias].IsSymbol(")") || joined[alias].Is("as"))) alias++;
                selves.Add(alias < joined.Length && joined[alias].Name is { } name && !IsOneOf(joined[alias], BehindName) ? name : table);
            }
        }
        return new Scope([.. targets.Except(selves)], [.. targets, .. selves], qualified);
    }

    private static bool IsOneOf(SqlToken word, string[] of) => word.Kind == SqlTokenKind.Word && of.Contains(word.Text, StringComparer.OrdinalIgnoreCase);
}
