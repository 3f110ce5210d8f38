using System.Text.RegularExpressions;

namespace Holdfast.Operations.Schema.Sql;

/// <summary>The value of a text constant.</summary>
internal static partial class SqlText
{
    /// <summary>Its value, the escapes of <c>E'…'</c> resolved.</summary>
    public static string Unescape(string sql, SqlToken token) =>
        sql[token.Start] is 'e' or 'E' ? EscapeSequence().Replace(token.Text, Escaped) : token.Text;

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
}
