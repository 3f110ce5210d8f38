namespace Holdfast.Operations.Schema.Sql;

/// <summary>What the actions of ALTER TABLE, of a foreign table and of a composite type throw away.</summary>
internal static class AlteredColumns
{
    // Types into which PostgreSQL converts without being told how, and which take every value that a narrower one had; a text that is too long for one is an error.
    private static readonly string[] Wide = ["text", "varchar", "character varying", "char", "character", "bpchar", "bigint", "int8"];
    private static readonly string[] WideWithoutLimit = ["numeric", "decimal", "timestamp", "timestamptz", "timestamp with time zone", "timestamp without time zone"];

    /// <param name="words">The words.</param>
    /// <param name="start">ALTER.</param>
    /// <param name="end">Where its command ends.</param>
    /// <param name="anyType">Whether a change of type counts even where no value can be lost.</param>
    /// <returns>The rules, and where the actions stand.</returns>
    public static IEnumerable<(string Rule, int At)> Of(SqlTokenList words, int start, int end, bool anyType)
    {
        var table = words.Is(start + 1, "foreign") ? start + 2 : start + 1;
        if (!words.Is(table, "table") && !words.Is(table, "type")) yield break;
        var at = table + 1;
        if (words.Is(at, "if", "exists")) at += 2;
        if (words.Is(at, "only")) at++;
        if (words.IsSymbol(at, "(")) at++;
        while (words.IsSymbol(at + 1, ".")) at += 2;
        for (at++; words.IsSymbol(at, "*") || words.IsSymbol(at, ")");) at++;
        // From here on one action after the other; the commas between them stand outside of parentheses.
        for (var (action, depth) = (true, 0); at < end; at++)
        {
            if (action && Rule(words, at, end, anyType) is { } rule) yield return (rule, at);
            depth += words.Step(at);
            action = depth == 0 && words.IsSymbol(at, ",");
        }
    }

    private static string? Rule(SqlTokenList words, int at, int end, bool anyType)
    {
        if (words.Is(at, "drop")) return words.Is(at + 1, "constraint") ? null : "drop-column";
        // A crash empties it.
        if (words.Is(at, "set", "unlogged")) return "set-unlogged";
        if (!words.Is(at, "alter")) return null;
        var type = words.Is(at + 1, "column") ? Type(words, at + 2) : Type(words, at + 1) ?? (words.Is(at + 1, "attribute") ? Type(words, at + 2) : null);
        return type is { } from && (anyType || !KeepsValues(words, from, end)) ? "retype-column" : null;
    }

    /// <summary>Behind <c>name [set data] type</c>.</summary>
    private static int? Type(SqlTokenList words, int name)
    {
        if (words.Name(name) is null) return null;
        var at = words.Is(name + 1, "set", "data") ? name + 3 : name + 1;
        return words.Is(at, "type") ? at + 1 : null;
    }

    private static bool KeepsValues(SqlTokenList words, int at, int end)
    {
        var (name, limit) = ("", false);
        for (; at < end && !words.IsSymbol(at, ","); at++)
        {
            if (words.Is(at, "collate") || words.Is(at, "cascade") || words.Is(at, "restrict")) break;
            if (words.IsSymbol(at, "(")) (limit, at) = (true, words.Close(at));
            // USING, an array, a quoted name ("char" keeps one byte).
            else if (words[at].Kind != SqlTokenKind.Word) return false;
            else name += (name.Length > 0 ? " " : "") + words.Name(at);
        }
        for (var i = at; i < end && !words.IsSymbol(i, ","); i++)
            if (words.Is(i, "using")) return false;
        return Wide.Contains(name) || (!limit && WideWithoutLimit.Contains(name));
    }
}
