using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Indexes;

/// <summary>A <c>create index</c> statement, taken apart as far as its name and table.</summary>
/// <param name="Name">The index.</param>
/// <param name="Table">The table, without its schema.</param>
/// <param name="IsUnique">Whether it keeps values unique.</param>
/// <param name="Rest">From <c>on</c> to the end, as it stands.</param>
internal sealed record IndexStatement(string Name, string Table, bool IsUnique, string Rest)
{
    /// <summary>The same index, built while writers go on.</summary>
    public string Concurrently => Named(Name);

    public string Named(string name) => $"create {(IsUnique ? "unique " : "")}index concurrently {SqlQuote.Name(name)} {Rest}";

    public static bool TryRead(string sql, out IndexStatement index)
    {
        index = null!;
        return SqlScript.Parse(sql).Statements is [var only] && TryRead(only, out index);
    }

    public static bool TryRead(SqlStatement statement, out IndexStatement index)
    {
        index = null!;
        var (tokens, at) = (statement.Tokens, 0);
        bool Take(string word)
        {
            var isThere = at < tokens.Count && tokens[at].Is(word);
            if (isThere) at++;
            return isThere;
        }

        if (!Take("create")) return false;
        var isUnique = Take("unique");
        if (!Take("index")) return false;
        Take("concurrently");
        if (Take("if") && !(Take("not") && Take("exists"))) return false;
        // Without a name the server chooses one: nothing that could be compared.
        if (at >= tokens.Count || tokens[at].Name is not { } name || !(at + 1 < tokens.Count && tokens[at + 1].Is("on"))) return false;
        var rest = statement.Sql[(tokens[at + 1].Start - tokens[0].Start)..];
        at += 2;
        Take("only");
        if (at + 2 < tokens.Count && tokens[at + 1].IsSymbol(".")) at += 2;
        if (at >= tokens.Count || tokens[at].Name is not { } table) return false;
        index = new IndexStatement(name, table, isUnique, rest);
        return true;
    }
}
