namespace Holdfast.Operations.Schema.Sql;

/// <summary>
/// Whether one side of an equality is a column of the changed table, or several in a row: as it is, in another type or case, or a member of its JSON. What else is
/// computed from it may be the same for every row: <c>id * 0</c>, <c>isfinite(at)</c>, <c>pg_typeof(id)</c>.
/// </summary>
internal static class KeyedColumn
{
    private static readonly string[] Members = ["->", "->>", "#>", "#>>"];

    // The same in every row, or in all that one transaction wrote.
    private static readonly string[] OfTheServer = ["tableoid", "xmin", "xmax", "cmin", "cmax"];

    public static bool Is(ReadOnlySpan<SqlToken> side, KeyScope scope)
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

    private static bool IsCall(SqlToken function, ReadOnlySpan<SqlToken> arguments, KeyScope scope)
    {
        var close = 0;
        for (var depth = 1; close < arguments.Length && (depth += arguments[close].IsSymbol("(") ? 1 : arguments[close].IsSymbol(")") ? -1 : 0) > 0;) close++;
        if (close != arguments.Length - 1) return false;
        var inner = arguments[..close];
        if (function.Is("cast")) return TopLevel.IndexOf(inner, "as") is > 0 and var type && Is(inner[..type], scope);
        return (function.Is("row") || ((function.Is("lower") || function.Is("upper")) && IndexOf(inner, [","]) < 0)) && Is(inner, scope);
    }

    private static bool IsColumn(ReadOnlySpan<SqlToken> side, KeyScope scope)
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
