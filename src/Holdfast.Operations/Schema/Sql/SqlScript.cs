namespace Holdfast.Operations.Schema.Sql;

/// <summary>A file of SQL as its statements, one by one, as a server would be sent them.</summary>
/// <param name="Sql">The whole text.</param>
/// <param name="Statements">Its statements in order, without the empty ones.</param>
/// <param name="Comments">Its comments in order, for directives.</param>
internal sealed record SqlScript(string Sql, IReadOnlyList<SqlStatement> Statements, IReadOnlyList<SqlToken> Comments)
{
    private readonly SqlLines _lines = new(Sql);

    /// <summary>The line of a character, from 1.</summary>
    public int LineOf(int at) => _lines.Of(at);

    // ASCII only: a no-break space at the end is part of a name.
    private static readonly char[] Spaces = [.. " \t\n\v\f\r"];

    /// <summary>Splits at the semicolons that end a statement: not in texts, comments, parentheses or the body of a SQL function.</summary>
    /// <exception cref="SqlSyntaxException">The text cannot be read.</exception>
    public static SqlScript Parse(string sql)
    {
        var statements = new List<SqlStatement>();
        var comments = new List<SqlToken>();
        var current = new List<SqlToken>();
        var lines = new SqlLines(sql);
        var (parentheses, body) = (0, 0);
        SqlToken? outermost = null;
        foreach (var token in SqlTokenizer.Read(sql))
        {
            if (token.Kind == SqlTokenKind.Comment)
            {
                comments.Add(token);
                continue;
            }
            if (token.IsSymbol(";") && parentheses == 0 && body == 0)
            {
                End(token.Start);
                continue;
            }
            if (token.IsSymbol("(") && parentheses++ == 0) outermost = token;
            // Without this the semicolons behind it would end nothing, and a file of many statements would be looked at as one.
            if (token.IsSymbol(")") && --parentheses < 0) throw new SqlSyntaxException("a closing parenthesis that was not opened", sql, token.Start);
            // BEGIN ATOMIC … END: the one body that is not a text constant (PostgreSQL 14 and later).
            if (token.Is("atomic") && current is [.., var before] && before.Is("begin") && IsRoutine(current)) body++;
            // After AS or a dot both are mere names.
            else if (body > 0 && !(current[^1].Is("as") || current[^1].IsSymbol("."))) body += token.Is("case") ? 1 : token.Is("end") ? -1 : 0;
            current.Add(token);
        }
        if (parentheses > 0) throw new SqlSyntaxException("a parenthesis that is not closed", sql, outermost!.Value.Start);
        End(sql.Length);
        return new SqlScript(sql, statements, comments);

        void End(int end)
        {
            if (current.Count > 0)
                statements.Add(new SqlStatement(sql[current[0].Start..end].TrimEnd(Spaces), lines.Of(current[0].Start), [.. current]));
            current.Clear();
        }
    }

    private static bool IsRoutine(List<SqlToken> tokens) =>
        tokens is [var create, ..] && create.Is("create") && tokens.Take(4).Any(token => token.Is("function") || token.Is("procedure"));
}

/// <summary>One statement.</summary>
/// <param name="Sql">As it is sent: without the semicolon, comments inside of it kept.</param>
/// <param name="Line">Where it starts in its file, from 1.</param>
/// <param name="Tokens">Its words, without comments; at least one.</param>
internal sealed record SqlStatement(string Sql, int Line, IReadOnlyList<SqlToken> Tokens)
{
    /// <summary>Whether it starts with these key words.</summary>
    public bool StartsWith(params ReadOnlySpan<string> words)
    {
        if (words.Length > Tokens.Count) return false;
        for (var i = 0; i < words.Length; i++)
            if (!Tokens[i].Is(words[i])) return false;
        return true;
    }
}
