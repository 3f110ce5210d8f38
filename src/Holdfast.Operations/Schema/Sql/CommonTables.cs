namespace Holdfast.Operations.Schema.Sql;

/// <summary>The list of queries that WITH puts in front of a command.</summary>
internal static class CommonTables
{
    /// <summary>Where the command stands behind the list that begins there; null where none begins.</summary>
    public static int? CommandBehind(SqlTokenList words, int with)
    {
        if (!words.Is(with, "with")) return null;
        var at = with + 1;
        // A query may be called "recursive".
        if (words.Is(at, "recursive") && !words.Is(at + 1, "as") && !words.IsSymbol(at + 1, "(")) at++;
        for (; ; at++)
        {
            if (words.Name(at++) is null) return null;
            if (words.IsSymbol(at, "(")) at = words.Close(at) + 1;
            if (!words.Is(at++, "as")) return null;
            if (words.Is(at, "not", "materialized")) at += 2;
            else if (words.Is(at, "materialized")) at++;
            if (!words.IsSymbol(at, "(")) return null;
            at = words.Close(at) + 1;
            // SEARCH DEPTH FIRST BY a, b SET c
            if (words.Is(at, "search")) at = Names(words, at + 4) + 2;
            // CYCLE a, b SET c TO 1 DEFAULT 2 USING d
            if (words.Is(at, "cycle"))
            {
                at = Names(words, at + 1) + 2;
                if (words.Is(at, "to")) while (at < words.Count && !words.Is(at, "using")) at++;
                at += 2;
            }
            if (!words.IsSymbol(at, ",")) return at;
        }
    }

    private static int Names(SqlTokenList words, int at)
    {
        for (at++; words.IsSymbol(at, ",");) at += 2;
        return at;
    }
}
