using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Lint;

/// <summary>An ALTER TABLE: its table and its actions.</summary>
/// <param name="Name">As written, folded as the server folds it.</param>
/// <param name="Actions">The words of each action.</param>
internal sealed record AlteredTable(string Name, IReadOnlyList<SqlToken[]> Actions)
{
    public static AlteredTable? Read(SqlStatement statement)
    {
        if (!statement.StartsWith("alter", "table") && !statement.StartsWith("alter", "foreign", "table")) return null;
        var words = statement.Tokens;
        var at = words[1].Is("foreign") ? 3 : 2;
        if (Is(words, at, "if")) at += 2;
        if (Is(words, at, "only")) at++;
        if (at < words.Count && words[at].IsSymbol("(")) at++;
        var name = NameAt(words, ref at);
        while (at < words.Count && (words[at].IsSymbol("*") || words[at].IsSymbol(")"))) at++;
        var actions = new List<SqlToken[]>();
        for (var (start, i, depth) = (at, at, 0); i <= words.Count; i++)
        {
            if (i < words.Count) depth += words[i].IsSymbol("(") ? 1 : words[i].IsSymbol(")") ? -1 : 0;
            if (i < words.Count && !(depth == 0 && words[i].IsSymbol(","))) continue;
            if (i > start) actions.Add([.. words.Skip(start).Take(i - start)]);
            start = i + 1;
        }
        return new AlteredTable(name, actions);
    }

    /// <summary>The table that a CREATE TABLE makes; null for anything else.</summary>
    public static string? Created(IReadOnlyList<SqlToken> words)
    {
        if (!Is(words, 0, "create")) return null;
        var at = 1;
        while (at < words.Count && (words[at].Is("temp") || words[at].Is("temporary") || words[at].Is("unlogged") || words[at].Is("global") || words[at].Is("local") || words[at].Is("foreign"))) at++;
        if (!Is(words, at, "table")) return null;
        at++;
        if (Is(words, at, "if")) at += 3;
        return NameAt(words, ref at);
    }

    /// <summary>The name that stands there, with its schema where it has one; <paramref name="at"/> goes behind it.</summary>
    public static string NameAt(IReadOnlyList<SqlToken> words, ref int at)
    {
        if (at >= words.Count) return "";
        var name = words[at++].Name ?? "";
        for (; at + 1 < words.Count && words[at].IsSymbol("."); at += 2) name += "." + words[at + 1].Name;
        return name;
    }

    private static bool Is(IReadOnlyList<SqlToken> words, int at, string word) => at < words.Count && words[at].Is(word);
}
