using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Holdfast.Operations.Schema.Sql;

/// <summary>SQL that is put together at run time, as far as the code that does it tells: constants, and holes for names and values that are quoted on their way in.</summary>
internal static partial class RuntimeText
{
    /// <summary>Stands for a name: <c>%I</c>, <c>quote_ident</c>, a <c>regclass</c>.</summary>
    public const char NameHole = '\uE000';

    /// <summary>Stands in single quotes for a value: <c>%L</c>, <c>quote_literal</c>.</summary>
    public const char ValueHole = '\uE001';

    private static readonly string Hole = NameHole.ToString(), Value = $"'{ValueHole}'";

    // Their text is a name that is quoted where it must be, or a number.
    private static readonly string[] Quoted = ["regclass", "regproc", "regprocedure", "regtype", "regnamespace", "regrole", "regconfig", "oid", "int", "integer", "bigint", "smallint"];

    /// <summary>The text of constants, <c>… || …</c>, <c>format('…', …)</c> and quoting functions; null where a part may be anything.</summary>
    public static string? Of(string sql, SqlToken[] words)
    {
        words = [.. TopLevel.Unwrap(words)];
        if (words is []) return null;
        var text = new StringBuilder();
        foreach (var part in Split(words, "||"))
        {
            if (Part(sql, [.. TopLevel.Unwrap(part)]) is not { } known) return null;
            text.Append(known);
        }
        return text.ToString();
    }

    private static string? Part(string sql, SqlToken[] words)
    {
        if (words is [{ Kind: SqlTokenKind.Text } constant]) return SqlText.Unescape(sql, constant);
        if (words is [{ Kind: SqlTokenKind.Number } number] && number.Text.All(char.IsAsciiDigit)) return number.Text;
        if (words is [{ Kind: SqlTokenKind.Word } function, var open, _, ..] && open.IsSymbol("(") && TopLevel.Close(words, 1) == words.Length - 1)
            return function.Name switch
            {
                "quote_ident" => Hole,
                "quote_literal" or "quote_nullable" => Value,
                "format" => Format(sql, words[2..^1]),
                _ => null,
            };
        return words is [.., var colons, { Kind: SqlTokenKind.Word } type] && colons.IsSymbol("::") && Quoted.Contains(type.Name) && IsPrimary(words[..^2]) ? Hole : null;
    }

    private static string? Format(string sql, SqlToken[] words)
    {
        var arguments = Split(words, ",");
        if (arguments[0] is not [{ Kind: SqlTokenKind.Text } pattern]) return null;
        var (next, isKnown) = (1, true);
        var text = Directive().Replace(SqlText.Unescape(sql, pattern), match =>
        {
            if (match.Value == "%%") return "%";
            var at = match.Groups["position"] is { Success: true } position ? int.TryParse(position.Value, CultureInfo.InvariantCulture, out var number) ? number : 0 : next;
            next = at + 1;
            // The width "*" takes an argument of its own.
            var known = match.Value.Contains('*', StringComparison.Ordinal) ? null : match.Value[^1] switch
            {
                'I' => Hole,
                'L' => Value,
                _ => at > 0 && at < arguments.Count ? Of(sql, arguments[at]) : null,
            };
            isKnown &= known is not null;
            return known ?? "";
        });
        return isKnown ? text : null;
    }

    // A cast binds more tightly than any operator.
    private static bool IsPrimary(SqlToken[] words)
    {
        for (var (i, depth) = (0, 0); i < words.Length; i++)
        {
            depth += TopLevel.Step(words, i);
            if (depth == 0 && words[i].Kind == SqlTokenKind.Symbol && !")].".Contains(words[i].Text, StringComparison.Ordinal)) return false;
        }
        return words.Length > 0;
    }

    private static List<SqlToken[]> Split(SqlToken[] words, string symbol)
    {
        var parts = new List<SqlToken[]>();
        var start = 0;
        for (var (i, depth) = (0, 0); i < words.Length; i++)
        {
            depth += TopLevel.Step(words, i);
            if (depth != 0 || !words[i].IsSymbol(symbol)) continue;
            parts.Add(words[start..i]);
            start = i + 1;
        }
        parts.Add(words[start..]);
        return parts;
    }

    [GeneratedRegex(@"%%|%(?:(?<position>\d+)\$)?-?(?:\*(?:\d+\$)?|\d+)?[sIL]")]
    private static partial Regex Directive();
}
