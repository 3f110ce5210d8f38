using System.Security.Cryptography;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>Schemas that exist inside of one transaction only, which is never committed.</summary>
internal static class ScratchName
{
    /// <summary>A name that nobody has.</summary>
    public static string New() => "holdfast_scratch_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>The statement as a transaction takes it: without CONCURRENTLY, found by the tokenizer and not in texts or comments.</summary>
    /// <param name="statement">As it is written.</param>
    /// <param name="aside">What stays where it is while the schema is put aside; null: it is not.</param>
    public static string WithoutConcurrently(SqlStatement statement, ExtensionsAside? aside = null)
    {
        var (sql, start, tokens) = (statement.Sql, statement.Tokens[0].Start, statement.Tokens);
        for (var i = tokens.Count - 1; i >= 0; i--)
        {
            if (tokens[i].Is("concurrently")) sql = string.Concat(sql.AsSpan(0, tokens[i].Start - start), sql.AsSpan(tokens[i].End - start));
            else if (aside?.Has(tokens, i) == true) sql = string.Concat(sql.AsSpan(0, tokens[i].Start - start), SqlQuote.Name(aside.Schema), sql.AsSpan(tokens[i].End - start));
        }
        return sql;
    }

    /// <summary>Whether a script names a schema by its own name rather than by <c>{schema}</c>.</summary>
    public static bool Names(SqlScript script, string schema) => script.Statements.Any(statement =>
        statement.Tokens.Zip(statement.Tokens.Skip(1)).Any(pair => pair.First.Name == schema && pair.Second.IsSymbol(".") || pair.First.Is("schema") && pair.Second.Name == schema)
        || ((statement.StartsWith("set") || statement.StartsWith("select")) && statement.Tokens.Any(token => token.Is("search_path") || token is { Kind: SqlTokenKind.Text, Text: "search_path" })
            && statement.Tokens.Any(token => (token.Name ?? token.Text).Split(',').Any(name => name.Trim(' ', '"') == schema))));
}

/// <summary>Extensions that live in a schema which is put aside: what names that schema to find them must name the other.</summary>
/// <param name="Named">The schema as scripts name it.</param>
/// <param name="Schema">What it is called meanwhile.</param>
/// <param name="Members">Names of what the extensions have there.</param>
internal sealed record ExtensionsAside(string Named, string Schema, IReadOnlySet<string> Members)
{
    /// <summary>Whether the schema of one of them stands there.</summary>
    public bool Has(IReadOnlyList<SqlToken> tokens, int i) =>
        tokens[i].Name == Named && i + 2 < tokens.Count && tokens[i + 1].IsSymbol(".") && Members.Contains(tokens[i + 2].Name ?? tokens[i + 2].Text);
}
