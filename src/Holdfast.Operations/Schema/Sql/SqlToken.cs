namespace Holdfast.Operations.Schema.Sql;

internal enum SqlTokenKind
{
    /// <summary>A key word or an unquoted name, as written.</summary>
    Word,
    /// <summary>A name in double quotes, without them.</summary>
    QuotedName,
    /// <summary>A constant in single quotes or dollar quotes, without them; escapes stay as written.</summary>
    Text,
    Number,
    /// <summary><c>$1</c>.</summary>
    Parameter,
    /// <summary>An operator, or one of <c>( ) [ ] , ; : .</c></summary>
    Symbol,
    Comment,
}

/// <summary>One word of SQL and where it stands.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its content.</param>
/// <param name="Start">Where it starts in the file, in characters.</param>
/// <param name="End">Where the next character after it stands.</param>
internal readonly record struct SqlToken(SqlTokenKind Kind, string Text, int Start, int End)
{
    /// <summary>Whether it is this key word; a quoted name is never one.</summary>
    public bool Is(string word) => Kind == SqlTokenKind.Word && Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    public bool IsSymbol(string symbol) => Kind == SqlTokenKind.Symbol && Text == symbol;

    /// <summary>The name that it stands for, folded to lower case as PostgreSQL does unless quoted; null where it is no name.</summary>
    public string? Name => Kind switch
    {
        SqlTokenKind.Word => Text.ToLowerInvariant(),
        SqlTokenKind.QuotedName => Text,
        _ => null,
    };
}
