namespace Holdfast.Operations.Schema.Sql;

/// <summary>Finds statements that throw data away.</summary>
internal static class DestructiveSql
{
    public static IReadOnlyList<DestructiveStatement> Find(SqlScript script)
    {
        var found = new List<DestructiveStatement>();
        foreach (var statement in script.Statements)
        {
            if (statement.StartsWith("drop", "table") || statement.StartsWith("drop", "schema") || statement.StartsWith("drop", "database"))
                found.Add(new($"ban-drop-{statement.Tokens[1].Name}", $"DROP {statement.Tokens[1].Text.ToUpperInvariant()}", statement.Line));
            else if (statement.StartsWith("truncate")) found.Add(new("ban-truncate", "TRUNCATE", statement.Line));
            else if (statement.StartsWith("delete") && !statement.Tokens.Any(token => token.Is("where"))) found.Add(new("ban-delete-without-key", "DELETE without a key", statement.Line));
            else if (statement.StartsWith("alter", "table") && statement.Tokens.Zip(statement.Tokens.Skip(1)).Any(pair => pair.First.Is("drop") && pair.Second.Is("column")))
                found.Add(new("ban-drop-column", "DROP COLUMN", statement.Line));
        }
        return found;
    }
}

/// <summary>A statement that throws data away.</summary>
/// <param name="Rule">The rule's name.</param>
/// <param name="What">What it does.</param>
/// <param name="Line">Where it starts, from 1.</param>
internal sealed record DestructiveStatement(string Rule, string What, int Line);
