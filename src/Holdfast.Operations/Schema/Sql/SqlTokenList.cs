namespace Holdfast.Operations.Schema.Sql;

/// <summary>The words of one statement, or of one body of code, without comments, and where commands begin and end among them.</summary>
internal sealed class SqlTokenList(IReadOnlyList<SqlToken> tokens)
{
    private static readonly string[] BeforeCommand = ["begin", "then", "else", "loop", "atomic", "exception"];

    public int Count => tokens.Count;

    public SqlToken this[int i] => tokens[i];

    public bool Is(int i, string word) => i >= 0 && i < tokens.Count && tokens[i].Is(word);

    public bool Is(int i, string word, string next) => Is(i, word) && Is(i + 1, next);

    public bool IsOneOf(int i, string[] words) => i >= 0 && i < tokens.Count && tokens[i].Kind == SqlTokenKind.Word && words.Contains(tokens[i].Text, StringComparer.OrdinalIgnoreCase);

    public bool IsSymbol(int i, string symbol) => i >= 0 && i < tokens.Count && tokens[i].IsSymbol(symbol);

    public bool IsText(int i) => i >= 0 && i < tokens.Count && tokens[i].Kind == SqlTokenKind.Text;

    public string? Name(int i) => i >= 0 && i < tokens.Count ? tokens[i].Name : null;

    public SqlToken[] Part(int start, int end) => [.. tokens.Take(end).Skip(start)];

    public bool IsCommandStart(int i) => i == 0 || IsSymbol(i - 1, ";") || IsSymbol(i - 1, ">>") || IsOneOf(i - 1, BeforeCommand);

    /// <summary>Where the command begins that a word belongs to.</summary>
    public int CommandOf(int i)
    {
        while (!IsCommandStart(i)) i--;
        return i;
    }

    /// <summary>Where the command ends that starts there: at its semicolon, at the parenthesis around it, or where the loop over its rows begins.</summary>
    public int EndOf(int start)
    {
        var isLoop = Is(CommandOf(start), "for");
        for (var (i, depth) = (start, 0); i < tokens.Count; i++)
        {
            depth += Step(i);
            if (depth < 0 || (depth == 0 && (IsSymbol(i, ";") || (isLoop && Is(i, "loop"))))) return i;
        }
        return tokens.Count;
    }

    /// <summary>The parenthesis that closes the one there; behind the last word where none does.</summary>
    public int Close(int open)
    {
        for (var (i, depth) = (open, 0); i < tokens.Count; i++)
            if ((depth += Step(i)) == 0) return i;
        return tokens.Count;
    }

    /// <summary>How deep in parentheses a word stands, counted from another one on.</summary>
    public int Depth(int from, int i)
    {
        var depth = 0;
        for (; from < i; from++) depth += Step(from);
        return depth;
    }

    public int Step(int i) => IsSymbol(i, "(") ? 1 : IsSymbol(i, ")") ? -1 : 0;
}
