namespace Holdfast.Operations.Schema.Sql;

/// <summary>
/// Settings that change how a server reads SQL: whether a backslash hides a quote, and which bytes are one letter. With another value than the usual one this
/// reader and the server read two different scripts.
/// </summary>
internal static class ReadingSettings
{
    public const string Quotes = "standard_conforming_strings";
    private const string Encoding = "client_encoding";

    private static readonly string[] Scopes = ["local", "session"];
    private static readonly string[] BeforeUpdate = ["do", "then", "also", "instead", "as", "explain", "analyze", "analyse", "verbose", "query", "in", "for", "is"];
    private static readonly string[] Usual = ["on", "true", "utf8", "utf-8", "unicode"];

    /// <summary>Whether words change one of them, or may: <c>set_config</c> with a name that is put together.</summary>
    public static bool Change(string sql, SqlTokenList words, int i)
    {
        if (words.Is(i - 1, "reset") || SetOf(words, i) is { } set && !IsOfUpdate(words, set)) return (IsOne(words.Name(i)) && !IsUsual(sql, words, i + 2)) || (words.Is(i, "names") && !words.Is(i - 1, "reset") && !IsUsual(sql, words, i + 1));
        if (words.Name(i) != "set_config" || !CalledFunctions.IsCall(words, i)) return false;
        if (!words.IsText(i + 2)) return true;
        var name = SqlText.Unescape(sql, words[i + 2]);
        return words.IsSymbol(i + 3, ",") ? IsOne(name) && !IsUsual(sql, words, i + 4)
            : name.Length == 0 || Quotes.StartsWith(name, StringComparison.OrdinalIgnoreCase) || Encoding.StartsWith(name, StringComparison.OrdinalIgnoreCase);
    }

    private static int? SetOf(SqlTokenList words, int name)
    {
        var at = words.IsOneOf(name - 1, Scopes) ? name - 2 : name - 1;
        return words.Is(at, "set") ? at : null;
    }

    // A column may have such a name. Between UPDATE and its SET stand only a table and its alias; what is not surely an UPDATE is taken for a setting.
    private static bool IsOfUpdate(SqlTokenList words, int set)
    {
        for (var i = set; i >= 0; i--)
        {
            if (words.Is(i, "update") && (words.IsCommandStart(i) || words.IsSymbol(i - 1, "(") || words.IsSymbol(i - 1, ")") || words.IsOneOf(i - 1, BeforeUpdate))) return true;
            if (words.IsCommandStart(i) || (words.Name(i) is null && !words.IsSymbol(i, ".") && !words.IsSymbol(i, "*"))) return false;
        }
        return false;
    }

    private static bool IsOne(string? name) => string.Equals(name, Quotes, StringComparison.OrdinalIgnoreCase) || string.Equals(name, Encoding, StringComparison.OrdinalIgnoreCase);

    private static bool IsUsual(string sql, SqlTokenList words, int value) =>
        value < words.Count && Usual.Contains(words.IsText(value) ? SqlText.Unescape(sql, words[value]) : words[value].Text, StringComparer.OrdinalIgnoreCase);
}
