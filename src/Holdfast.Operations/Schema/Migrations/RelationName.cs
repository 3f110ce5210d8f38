using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>A table's or an index's name as it stands in a statement.</summary>
/// <param name="Schema">The schema that was said; null: the first of the search path.</param>
/// <param name="Name">The name, folded as PostgreSQL does.</param>
internal sealed record RelationName(string? Schema, string Name)
{
    /// <summary>Reads a name at a token, with the token behind it; null where none stands.</summary>
    public static (RelationName Name, int Next)? Read(IReadOnlyList<SqlToken> tokens, int at)
    {
        if (at >= tokens.Count || tokens[at].Name is not { } first) return null;
        if (Part(tokens, at + 1) is not { } second) return (new RelationName(null, first), at + 1);
        // The database may stand in front of both.
        return Part(tokens, at + 3) is { } third ? (new RelationName(second, third), at + 5) : (new RelationName(first, second), at + 3);
    }

    private static string? Part(IReadOnlyList<SqlToken> tokens, int dot) =>
        dot + 1 < tokens.Count && tokens[dot].IsSymbol(".") ? tokens[dot + 1].Name : null;

    /// <summary>Skips key words that may stand there, in this order.</summary>
    public static int Skip(IReadOnlyList<SqlToken> tokens, int at, params ReadOnlySpan<string> words)
    {
        foreach (var word in words)
            if (at < tokens.Count && tokens[at].Is(word)) at++;
        return at;
    }

    /// <summary>The names from a token on, between commas.</summary>
    public static IEnumerable<RelationName> List(IReadOnlyList<SqlToken> tokens, int at)
    {
        while (Read(tokens, Skip(tokens, at, "only")) is var (name, next))
        {
            yield return name;
            if (next < tokens.Count && tokens[next].IsSymbol("*")) next++;
            if (next >= tokens.Count || !tokens[next].IsSymbol(",")) yield break;
            at = next + 1;
        }
    }

    /// <summary>As SQL, every part in double quotes.</summary>
    public string Quoted => SqlQuote.Name(Schema, Name);

    public override string ToString() => Schema is null ? Name : $"{Schema}.{Name}";
}
