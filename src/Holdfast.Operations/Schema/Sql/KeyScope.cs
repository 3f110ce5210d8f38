namespace Holdfast.Operations.Schema.Sql;

/// <summary>What names of columns mean in a condition.</summary>
/// <param name="Own">The names by which the changed table's columns may be called there.</param>
/// <param name="Same">Those, and the names of the same table once more: in a join with itself each row meets itself.</param>
/// <param name="IsQualified">Whether a column without its table's name is another table's.</param>
internal sealed record KeyScope(string[] Own, string[] Same, bool IsQualified)
{
    private static readonly string[] BehindName = ["on", "join", "left", "right", "inner", "cross", "full", "natural", "using", "tablesample", "where"];
    private static readonly string[] BeforeName = ["join", "only", "lateral"];

    public static KeyScope Of(string table, string[] targets, ReadOnlySpan<SqlToken> joined, bool qualified)
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
        return new KeyScope([.. targets.Except(selves)], [.. targets, .. selves], qualified);
    }

    private static bool IsOneOf(SqlToken word, string[] of) => word.Kind == SqlTokenKind.Word && of.Contains(word.Text, StringComparer.OrdinalIgnoreCase);
}
