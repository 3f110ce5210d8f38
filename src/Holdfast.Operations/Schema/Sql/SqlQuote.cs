namespace Holdfast.Operations.Schema.Sql;

/// <summary>
/// The one way by which a text that is known at run time only becomes part of SQL: a name or a value is quoted, and what a server
/// wrote itself (a name by <c>quote_ident</c>, a definition by <c>pg_get_…</c>) is read again and passes only if it cannot be more than that.
/// </summary>
/// <remarks>In all of these <c>{schema}</c> may stand for the schema's name.</remarks>
internal static class SqlQuote
{
    private const string Schema = "{schema}";

    // The tokenizer knows no braces outside of texts.
    private const string Stand = "holdfast_schema_stands_here";

    /// <summary>In double quotes, always: no name is a key word then.</summary>
    public static string Name(string name) => $"\"{Whole(name).Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A name with its schema, where that is said.</summary>
    public static string Name(string? schema, string name) => schema is null ? Name(name) : $"{Name(schema)}.{Name(name)}";

    /// <summary>A setting's or an option's name, whose dots part it.</summary>
    public static string Dotted(string name) => string.Join('.', name.Split('.').Select(Name));

    /// <summary>A text constant.</summary>
    public static string Literal(string text)
    {
        var quoted = Whole(text).Replace("'", "''", StringComparison.Ordinal);
        return quoted.Contains('\\', StringComparison.Ordinal) ? $" E'{quoted.Replace("\\", "\\\\", StringComparison.Ordinal)}'" : $"'{quoted}'";
    }

    /// <summary>A name that the server has quoted where it must be, perhaps with its schema.</summary>
    /// <exception cref="UnsafeSqlException">It is more than a name.</exception>
    public static string Quoted(string name) =>
        IsList(Read(name), ".") ? name : throw new UnsafeSqlException(name, "no name");

    /// <summary>Names between commas as a setting has them (<c>search_path</c>); anything else becomes one text.</summary>
    public static string NamesOrLiteral(string list)
    {
        try
        {
            return IsList(Read(list), ",") ? list : Literal(list);
        }
        catch (UnsafeSqlException)
        {
            return Literal(list);
        }
    }

    /// <summary>A definition or an expression that the server wrote: one that can neither end the statement around it nor leave its parentheses.</summary>
    /// <exception cref="UnsafeSqlException">It could.</exception>
    public static string Part(string sql)
    {
        var tokens = Read(sql);
        // BEGIN ATOMIC … END has semicolons of its own.
        if (tokens is [var create, ..] && create.Is("create") && SqlScript.Parse(Named(sql)) is { Statements: [var only], Comments: [] } && only.Sql.Length == Named(sql).Trim().Length) return sql;
        var depth = 0;
        foreach (var token in tokens)
        {
            depth += token.IsSymbol("(") || token.IsSymbol("[") ? 1 : token.IsSymbol(")") || token.IsSymbol("]") ? -1 : 0;
            if (depth < 0 || token.Kind == SqlTokenKind.Comment || (depth == 0 && token.IsSymbol(";"))) throw new UnsafeSqlException(sql, "more than one part of a statement");
        }
        return depth == 0 ? sql : throw new UnsafeSqlException(sql, "a part that does not end");
    }

    /// <summary>One of these words.</summary>
    /// <exception cref="UnsafeSqlException">It is none of them.</exception>
    public static string OneOf(string text, params ReadOnlySpan<string> words)
    {
        foreach (var word in words)
            if (word == text) return word;
        throw new UnsafeSqlException(text, "none of the words that may stand there");
    }

    /// <summary>What stands from this key word on, outside of texts and quoted names; null where it is not there.</summary>
    public static string? From(string sql, string word)
    {
        var named = Named(sql);
        var at = Read(sql).FirstOrDefault(token => token.Is(word));
        return at.Text is null ? null : named[at.Start..].Replace(Stand, Schema, StringComparison.Ordinal);
    }

    private static bool IsList(IReadOnlyList<SqlToken> tokens, string between)
    {
        for (var i = 0; i < tokens.Count; i++)
            if (i % 2 == 0 ? tokens[i].Name is null : !tokens[i].IsSymbol(between)) return false;
        return tokens.Count % 2 == 1;
    }

    private static IReadOnlyList<SqlToken> Read(string sql)
    {
        try
        {
            return SqlTokenizer.Read(Named(sql));
        }
        catch (SqlSyntaxException e)
        {
            throw new UnsafeSqlException(sql, "no SQL", e);
        }
    }

    private static string Named(string sql) => sql.Replace(Schema, Stand, StringComparison.Ordinal);

    // A server reads up to the first null character: what stands behind it, the closing quote too, would be gone.
    private static string Whole(string text) => text.Contains('\0', StringComparison.Ordinal) ? throw new UnsafeSqlException(text, "a text with a null character") : text;
}

/// <summary>A text that would have become part of SQL is not what it must be; no SQL was made of it.</summary>
internal sealed class UnsafeSqlException(string text, string what, Exception? inner = null)
    : HoldfastException($"'{(text.Length > 100 ? text[..100] + "…" : text)}' is {what}, so no SQL is made of it. Look at what has that name or definition on the server, and change it by hand.", inner);
