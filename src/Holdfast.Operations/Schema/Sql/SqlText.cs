using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Holdfast.Operations.Schema.Sql;

/// <summary>The value of a text constant, and of a text that is put together from some.</summary>
internal static partial class SqlText
{
    /// <summary>What stands for a part that is known at run time only: a name, as far as it can be judged.</summary>
    private const string Hole = "unknown_part";

    /// <summary>Its value; null where its escapes are defined by another character (UESCAPE).</summary>
    public static string? Unescape(string sql, SqlToken token, bool escapeFollows)
    {
        if (escapeFollows) return null;
        return sql[token.Start] switch
        {
            'e' or 'E' => EscapeSequence().Replace(token.Text, Escaped),
            'u' or 'U' => UnicodeSequence().Replace(token.Text, match => match.Value == @"\\" ? @"\" : Character(match.Groups[1].Value + match.Groups[2].Value, 16)),
            _ => token.Text,
        };
    }

    /// <summary>
    /// The text of <c>'…'</c>, <c>'…' || x || '…'</c> and <c>format('…', …)</c>, with a name for what is not known; null where not even its first words are known.
    /// </summary>
    public static string? Assemble(string sql, ReadOnlySpan<SqlToken> words)
    {
        words = TopLevel.Unwrap(words);
        if (words is []) return null;
        var text = new StringBuilder();
        for (var start = 0; start <= words.Length;)
        {
            var end = start;
            for (var depth = 0; end < words.Length && !(depth == 0 && words[end].IsSymbol("||")); end++) depth += TopLevel.Step(words, end);
            var part = Part(sql, TopLevel.Unwrap(words[start..end]));
            if (part is null && start == 0) return null;
            text.Append(part ?? Hole);
            start = end + 1;
        }
        return text.ToString();
    }

    private static string? Part(string sql, ReadOnlySpan<SqlToken> words)
    {
        if (words is [{ Kind: SqlTokenKind.Text } constant]) return Unescape(sql, constant, false);
        if (words is [var format, var open, { Kind: SqlTokenKind.Text } template, ..] && format.Is("format") && open.IsSymbol("(")
            && TopLevel.Close(words, 1) == words.Length - 1 && (words[3].IsSymbol(",") || words.Length == 4))
            return Unescape(sql, template, false) is { } pattern && !StartsWithHole().IsMatch(pattern)
                ? FormatHole().Replace(pattern, match => match.Value == "%%" ? "%" : match.Value.EndsWith('L') ? "''" : Hole) : null;
        return null;
    }

    private static string Escaped(Match match)
    {
        var code = match.Value[1..];
        return code[0] switch
        {
            'n' => "\n",
            'r' => "\r",
            't' => "\t",
            'b' => "\b",
            'f' => "\f",
            'x' when code.Length > 1 => Character(code[1..], 16),
            'u' or 'U' when code.Length > 1 => Character(code[1..], 16),
            >= '0' and <= '7' => Character(code, 8),
            _ => code,
        };
    }

    private static string Character(string digits, int radix)
    {
        var value = Convert.ToInt32(digits, radix);
        return value is > 0 and < 0xD800 or > 0xDFFF and <= 0x10FFFF ? char.ConvertFromUtf32(value) : "\uFFFD";
    }

    [GeneratedRegex(@"\\(?:x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)", RegexOptions.Singleline)]
    private static partial Regex EscapeSequence();

    [GeneratedRegex(@"\\\\|\\([0-9a-fA-F]{4})|\\\+([0-9a-fA-F]{6})")]
    private static partial Regex UnicodeSequence();

    [GeneratedRegex(@"%%|%(?:\d+\$)?-?(?:\*(?:\d+\$)?|\d+)?[sIL]")]
    private static partial Regex FormatHole();

    [GeneratedRegex(@"^\s*%[^%]")]
    private static partial Regex StartsWithHole();
}
