using System.Globalization;
using System.Text;

namespace Holdfast.Operations.Schema.Sql;

/// <summary>Names and texts with Unicode escapes: <c>U&amp;"d\0061ta"</c>, <c>U&amp;"d!0061ta" uescape '!'</c>. PostgreSQL takes either for one word, UESCAPE and its character included.</summary>
internal static class UnicodeText
{
    /// <summary>The words with each of them as the one word that it is, its escapes resolved.</summary>
    public static IReadOnlyList<SqlToken> Decoded(string sql, IReadOnlyList<SqlToken> tokens)
    {
        if (!tokens.Any(token => Has(sql, token))) return tokens;
        var decoded = new List<SqlToken>(tokens.Count);
        for (var i = 0; i < tokens.Count; i++)
        {
            if (!Has(sql, tokens[i]))
            {
                decoded.Add(tokens[i]);
                continue;
            }
            var (escape, end) = ('\\', tokens[i].End);
            var (word, character) = (Next(tokens, i), Next(tokens, Next(tokens, i)));
            if (character < tokens.Count && tokens[word].Is("uescape") && tokens[character].Kind == SqlTokenKind.Text && SqlText.Unescape(sql, tokens[character]) is [var one])
                (escape, end) = (one, tokens[character].End);
            decoded.Add(tokens[i] with { Text = Decode(tokens[i].Text, escape), End = end });
            if (end == tokens[i].End) continue;
            decoded.AddRange(tokens.Take(character).Skip(i + 1).Where(token => token.Kind == SqlTokenKind.Comment));
            i = character;
        }
        return decoded;
    }

    private static bool Has(string sql, SqlToken token) =>
        token.Kind is SqlTokenKind.Text or SqlTokenKind.QuotedName && sql[token.Start] is 'u' or 'U';

    private static int Next(IReadOnlyList<SqlToken> tokens, int at)
    {
        for (at++; at < tokens.Count && tokens[at].Kind == SqlTokenKind.Comment;) at++;
        return at;
    }

    /// <summary>What is no escape stays: the server refuses it.</summary>
    private static string Decode(string text, char escape)
    {
        var decoded = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != escape) decoded.Append(text[i]);
            else if (i + 1 < text.Length && text[i + 1] == escape) decoded.Append(text[++i]);
            else if (Code(text, i + 1, 4) is { } code) (_, i) = (decoded.Append((char)code), i + 4);
            else if (i + 1 < text.Length && text[i + 1] == '+' && Code(text, i + 2, 6) is { } wide and <= 0x10FFFF)
                (_, i) = (wide <= char.MaxValue ? decoded.Append((char)wide) : decoded.Append(char.ConvertFromUtf32(wide)), i + 7);
            else decoded.Append(text[i]);
        }
        return decoded.ToString();
    }

    private static int? Code(string text, int start, int digits) =>
        start + digits <= text.Length && int.TryParse(text.AsSpan(start, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) ? code : null;
}
