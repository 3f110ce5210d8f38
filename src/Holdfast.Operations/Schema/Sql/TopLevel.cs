namespace Holdfast.Operations.Schema.Sql;

/// <summary>Words outside of parentheses, brackets and CASE … END.</summary>
internal static class TopLevel
{
    private static readonly string[] AfterWhere = ["group", "having", "order", "limit", "offset", "fetch", "for", "window", "union", "intersect", "except", "returning"];

    /// <summary>How a word changes the depth.</summary>
    public static int Step(ReadOnlySpan<SqlToken> words, int i)
    {
        var word = words[i];
        if (word.IsSymbol("(") || word.IsSymbol("[") || word.Is("case")) return 1;
        return word.IsSymbol(")") || word.IsSymbol("]") || word.Is("end") ? -1 : 0;
    }

    /// <summary>Where a key word stands, or -1.</summary>
    public static int IndexOf(ReadOnlySpan<SqlToken> words, string word)
    {
        for (var (i, depth) = (0, 0); i < words.Length; i++)
        {
            depth += Step(words, i);
            if (depth == 0 && words[i].Is(word)) return i;
        }
        return -1;
    }

    /// <summary>All places where a key word stands.</summary>
    public static List<int> All(ReadOnlySpan<SqlToken> words, string word)
    {
        var places = new List<int>();
        for (var (i, depth) = (0, 0); i < words.Length; i++)
        {
            depth += Step(words, i);
            if (depth == 0 && words[i].Is(word)) places.Add(i);
        }
        return places;
    }

    /// <summary>Where the condition of a query ends.</summary>
    public static int EndOfWhere(ReadOnlySpan<SqlToken> query)
    {
        var where = IndexOf(query, "where");
        for (var (i, depth) = (where + 1, 0); i < query.Length; i++)
        {
            depth += Step(query, i);
            if (depth == 0 && query[i].Kind == SqlTokenKind.Word && AfterWhere.Contains(query[i].Text, StringComparer.OrdinalIgnoreCase)) return i;
        }
        return query.Length;
    }

    /// <summary>Where the parenthesis closes that opens there; the last word where it does not.</summary>
    public static int Close(ReadOnlySpan<SqlToken> words, int open)
    {
        for (var (i, depth) = (open, 0); i < words.Length; i++)
        {
            depth += words[i].IsSymbol("(") ? 1 : words[i].IsSymbol(")") ? -1 : 0;
            if (depth == 0) return i;
        }
        return words.Length - 1;
    }

    /// <summary>Without the parentheses around the whole.</summary>
    public static ReadOnlySpan<SqlToken> Unwrap(ReadOnlySpan<SqlToken> words)
    {
        while (words is [var open, _, ..] && open.IsSymbol("(") && Close(words, 0) == words.Length - 1 && words[^1].IsSymbol(")")) words = words[1..^1];
        return words;
    }
}
