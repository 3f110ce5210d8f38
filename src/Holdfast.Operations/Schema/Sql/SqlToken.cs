using System.Text;

namespace Holdfast.Operations.Schema.Sql;

internal enum SqlTokenKind
{
    /// <summary>A key word or an unquoted name, as written.</summary>
    Word,
    /// <summary>A name in double quotes, without them and without the escapes of <c>U&amp;</c>.</summary>
    QuotedName,
    /// <summary>A constant in single quotes or dollar quotes, without them and without the escapes of <c>U&amp;</c>; those of <c>E</c> stay as written (<see cref="SqlText.Unescape"/>).</summary>
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

    /// <summary>The name that it stands for, as PostgreSQL takes it: ASCII letters folded to lower case unless quoted, cut to 63 bytes; null where it is no name.</summary>
    public string? Name => Kind switch
    {
        SqlTokenKind.Word => Cut(string.Create(Text.Length, Text, static (folded, text) =>
        {
            for (var i = 0; i < text.Length; i++) folded[i] = char.IsAsciiLetterUpper(text[i]) ? (char)(text[i] | 0x20) : text[i];
        })),
        SqlTokenKind.QuotedName => Cut(Text),
        _ => null,
    };

    private static string Cut(string name)
    {
        const int BytesMax = 63;
        if (name.Length <= BytesMax / 3 || Encoding.UTF8.GetByteCount(name) <= BytesMax) return name;
        var (characters, bytes) = (0, 0);
        foreach (var rune in name.EnumerateRunes())
        {
            if ((bytes += rune.Utf8SequenceLength) > BytesMax) break;
            characters += rune.Utf16SequenceLength;
        }
        return name[..characters];
    }
}
