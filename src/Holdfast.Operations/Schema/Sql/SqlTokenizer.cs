using System.Text;

namespace Holdfast.Operations.Schema.Sql;

/// <summary>
/// Splits SQL into words as PostgreSQL's own scanner does (src/backend/parser/scan.l, standard_conforming_strings on): nested
/// comments, dollar quotes, escape strings, texts that go on after a line end, <c>U&amp;</c> with its UESCAPE. So that no comment, no text constant and no name is ever
/// taken for a command, nor a command for one of them.
/// </summary>
internal sealed class SqlTokenizer
{
    private const string OperatorCharacters = "+-*/<>=~!@#%^&|`?";

    private readonly string _sql;
    private readonly List<SqlToken> _tokens = [];
    private int _at;

    private SqlTokenizer(string sql) => _sql = sql;

    /// <summary>All words in order, comments among them.</summary>
    /// <exception cref="SqlSyntaxException">A quote or a comment does not end, or something is not SQL at all.</exception>
    public static IReadOnlyList<SqlToken> Read(string sql)
    {
        // A server reads up to the first one; what stands behind it would be judged here and never run, or the other way round.
        if (sql.IndexOf('\0', StringComparison.Ordinal) is >= 0 and var nothing) throw new SqlSyntaxException("a null character", sql, nothing);
        var tokenizer = new SqlTokenizer(sql);
        while (tokenizer._at < sql.Length) tokenizer.Next();
        return UnicodeText.Decoded(sql, tokenizer._tokens);
    }

    private void Next()
    {
        var c = _sql[_at];
        if (IsSpace(c)) _at++;
        else if (Follows("--")) LineComment();
        else if (Follows("/*")) BlockComment();
        else if (c == '\'') Quoted('\'', _at, SqlTokenKind.Text, escapes: false);
        else if (c == '"') Quoted('"', _at, SqlTokenKind.QuotedName, escapes: false);
        else if (c == '$') Dollar();
        else if (IsNameStart(c)) Word();
        else if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(At(1)))) Number();
        else if ("()[],;:.".Contains(c, StringComparison.Ordinal)) Symbol(c == ':' && At(1) is ':' or '=' ? 2 : 1);
        else if (OperatorCharacters.Contains(c, StringComparison.Ordinal)) Operator();
        else throw new SqlSyntaxException(c == '\\' ? "a command of psql, which only psql understands" : $"the character '{c}'", _sql, _at);
    }

    private void LineComment()
    {
        var end = _sql.IndexOfAny(['\n', '\r'], _at);
        Add(SqlTokenKind.Comment, _at, end < 0 ? _sql.Length : end);
    }

    private void BlockComment()
    {
        var (start, depth) = (_at, 0);
        do
        {
            if (_at >= _sql.Length) throw new SqlSyntaxException("a comment that does not end", _sql, start);
            var step = 1;
            if (Follows("/*")) (depth, step) = (depth + 1, 2);
            else if (Follows("*/")) (depth, step) = (depth - 1, 2);
            _at += step;
        }
        while (depth > 0);
        _tokens.Add(new SqlToken(SqlTokenKind.Comment, _sql[start.._at], start, _at));
    }

    /// <summary>A text or a name in quotes; <paramref name="start"/> is where its prefix (<c>E</c>, <c>U&amp;</c>) stands.</summary>
    private void Quoted(char quote, int start, SqlTokenKind kind, bool escapes)
    {
        var text = new StringBuilder();
        do
        {
            var open = _at + 1;
            for (_at = open; ; _at++)
            {
                if (_at >= _sql.Length) throw new SqlSyntaxException("a quote that does not end", _sql, start);
                if (escapes && _sql[_at] == '\\') _at++;
                else if (_sql[_at] == quote)
                {
                    if (At(1) != quote) break;
                    _at++;
                }
            }
            text.Append(_sql[open.._at++].Replace(new string(quote, 2), quote.ToString(), StringComparison.Ordinal));
        }
        while (kind == SqlTokenKind.Text && GoesOn());
        _tokens.Add(new SqlToken(kind, text.ToString(), start, _at));
    }

    /// <summary>A text after a line end belongs to the text before it, and keeps its escapes.</summary>
    private bool GoesOn()
    {
        var (at, line) = (_at, false);
        for (; at < _sql.Length; at++)
        {
            if (string.CompareOrdinal(_sql, at, "--", 0, 2) == 0)
            {
                at = _sql.IndexOfAny(['\n', '\r'], at);
                if (at < 0) return false;
            }
            if (_sql[at] is '\n' or '\r') line = true;
            else if (!IsSpace(_sql[at])) break;
        }
        if (!line || at >= _sql.Length || _sql[at] != '\'') return false;
        _at = at;
        return true;
    }

    private void Dollar()
    {
        var start = _at;
        if (char.IsAsciiDigit(At(1)))
        {
            var end = _at + 1;
            while (end < _sql.Length && char.IsAsciiDigit(_sql[end])) end++;
            Add(SqlTokenKind.Parameter, start, end);
            return;
        }
        var close = start + 1;
        while (close < _sql.Length && (close == start + 1 ? IsNameStart(_sql[close]) : IsNameStart(_sql[close]) || char.IsAsciiDigit(_sql[close]))) close++;
        if (close >= _sql.Length || _sql[close] != '$') throw new SqlSyntaxException("a dollar sign that opens no quote", _sql, start);
        var tag = _sql[start..(close + 1)];
        var last = _sql.IndexOf(tag, close + 1, StringComparison.Ordinal);
        if (last < 0) throw new SqlSyntaxException($"a quote {tag} that does not end", _sql, start);
        _at = last + tag.Length;
        _tokens.Add(new SqlToken(SqlTokenKind.Text, _sql[(close + 1)..last], start, _at));
    }

    private void Word()
    {
        var start = _at;
        // A prefix belongs to the quote that follows it at once: E'…' has escapes, the others (B, X, N, U&) have none.
        if (At(1) == '\'' && "eEbBxXnN".Contains(_sql[_at], StringComparison.Ordinal))
        {
            var escapes = _sql[_at] is 'e' or 'E';
            _at++;
            Quoted('\'', start, SqlTokenKind.Text, escapes);
            return;
        }
        if (_sql[_at] is 'u' or 'U' && At(1) == '&' && At(2) is '\'' or '"')
        {
            _at += 2;
            Quoted(_sql[_at], start, _sql[_at] == '"' ? SqlTokenKind.QuotedName : SqlTokenKind.Text, escapes: false);
            return;
        }
        var end = _at + 1;
        while (end < _sql.Length && (IsNameStart(_sql[end]) || char.IsAsciiDigit(_sql[end]) || _sql[end] == '$')) end++;
        Add(SqlTokenKind.Word, start, end);
    }

    private void Number()
    {
        var end = _at + 1;
        while (end < _sql.Length && (char.IsAsciiLetterOrDigit(_sql[end]) || _sql[end] == '_'
            || (_sql[end] == '.' && _sql[end - 1] != '.' && (end + 1 >= _sql.Length || _sql[end + 1] != '.'))
            || (_sql[end] is '+' or '-' && _sql[end - 1] is 'e' or 'E' && !_sql.AsSpan(_at).StartsWith("0x", StringComparison.OrdinalIgnoreCase)))) end++;
        Add(SqlTokenKind.Number, _at, end);
    }

    private void Operator()
    {
        var end = _at + 1;
        while (end < _sql.Length && OperatorCharacters.Contains(_sql[end], StringComparison.Ordinal)
            && string.CompareOrdinal(_sql, end, "--", 0, 2) != 0 && string.CompareOrdinal(_sql, end, "/*", 0, 2) != 0) end++;
        // 1=-1 is a comparison with a sign, not an operator "=-".
        while (end - _at > 1 && _sql[end - 1] is '+' or '-' && _sql.AsSpan(_at, end - _at).IndexOfAny("~!@#%^&|`?") < 0) end--;
        Add(SqlTokenKind.Symbol, _at, end);
    }

    private void Symbol(int length) => Add(SqlTokenKind.Symbol, _at, _at + length);

    private void Add(SqlTokenKind kind, int start, int end)
    {
        _tokens.Add(new SqlToken(kind, _sql[start..end], start, end));
        _at = end;
    }

    private bool Follows(string text) => string.CompareOrdinal(_sql, _at, text, 0, text.Length) == 0;

    private char At(int ahead) => _at + ahead < _sql.Length ? _sql[_at + ahead] : '\0';

    /// <summary>ASCII only: a no-break space is a letter to PostgreSQL.</summary>
    private static bool IsSpace(char c) => c is ' ' or (>= '\t' and <= '\r');

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_' || c >= '\x80';
}
