using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>What no migration may hold, found before a server is asked: what would leave its transaction, or needs psql.</summary>
internal static class ScriptRules
{
    /// <exception cref="SchemaException">A statement that is refused, with file and line.</exception>
    public static void Check(PreparedFile file)
    {
        foreach (var statement in file.Script.Statements)
            if ((Refusal(statement, file.Directives.Transactional) ?? Reading(file.Script.Sql, statement)) is { } why)
                throw new SchemaException($"{file.File.Script}, line {statement.Line}: {why}. Nothing was run.");
    }

    /// <summary>Statements that PostgreSQL refuses inside of a transaction.</summary>
    public static bool NeedsNoTransaction(SqlStatement statement) =>
        ConcurrentIndex.Of(statement) is not null
        || statement.StartsWith("vacuum") || statement.StartsWith("alter", "system")
        || statement.StartsWith("create", "tablespace") || statement.StartsWith("drop", "tablespace")
        || (statement.StartsWith("reindex") && statement.Tokens.Any(token => token.Is("database") || token.Is("system") || token.Is("schema")))
        || (statement.StartsWith("cluster") && statement.Tokens.Count == 1)
        || (statement.StartsWith("alter", "table") && Has(statement, "detach", "partition") && statement.Tokens[^1].Is("concurrently"));

    /// <summary>Statements that cannot be committed together with their record: a block or a procedure may commit by itself.</summary>
    public static bool StandsAlone(SqlStatement statement) => NeedsNoTransaction(statement) || statement.StartsWith("do") || statement.StartsWith("call");

    private static string? Refusal(SqlStatement statement, bool transactional)
    {
        var first = statement.Tokens[0];
        if (first.Name is "begin" or "commit" or "end" or "rollback" or "abort" or "savepoint" or "release" && first.Kind == SqlTokenKind.Word
            || statement.StartsWith("start", "transaction") || statement.StartsWith("prepare", "transaction"))
            return $"'{first.Text}' begins or ends a transaction, and a migration would leave its own half-way; take it out (a file runs in one transaction, or with '-- holdfast:transaction off' each statement in its own)";
        if (statement.StartsWith("copy") && (Has(statement, "from", "stdin") || Has(statement, "to", "stdout")))
            return "COPY from or to the client has no data here; use INSERT, or load it with psql";
        if (statement.StartsWith("create", "database") || statement.StartsWith("drop", "database"))
            return "a migration changes the database that it runs in; it never makes or drops one";
        if (statement.StartsWith("discard") || statement.Tokens.Any(token => token.Name is "pg_advisory_unlock_all" or "pg_advisory_unlock"))
            return "it would give away the lock that keeps other migrations out";
        if (PsqlVariable(statement) is { } variable)
            return $"{variable} is a variable of psql, which no server knows (in a DO block psql does not know it either); write the value, or set_config and current_setting";
        if (transactional && NeedsNoTransaction(statement))
            return $"{Words(statement)} cannot run inside of a transaction; put it into a file of its own with '-- holdfast:transaction off' in the head";
        if (ConcurrentIndex.Of(statement) is { Index: null, Action: ConcurrentAction.Create })
            return "an index that is built concurrently needs a name, so that what a crash leaves of it can be found";
        return null;
    }

    private static string? Reading(string sql, SqlStatement statement)
    {
        var words = new SqlTokenList(statement.Tokens);
        // Where a text says the name it may be a body; pg_dump says "on" at the head of its files, which changes nothing.
        var changes = statement.Tokens.Any(token => token.Kind == SqlTokenKind.Text && token.Text.Contains(ReadingSettings.Quotes, StringComparison.OrdinalIgnoreCase));
        for (var i = 0; i < words.Count && !changes; i++) changes = ReadingSettings.Change(sql, words, i);
        return changes ? $"with {ReadingSettings.Quotes} off, or another client_encoding, a backslash or a letter may hide a quote, and what was checked here would not be what runs there; leave both as they are" : null;
    }

    private static string Words(SqlStatement statement) =>
        string.Join(' ', statement.Tokens.TakeWhile(token => token.Kind == SqlTokenKind.Word).Take(3).Select(token => token.Text.ToUpperInvariant()));

    private static bool Has(SqlStatement statement, string first, string second) =>
        statement.Tokens.Zip(statement.Tokens.Skip(1)).Any(pair => pair.First.Is(first) && pair.Second.Is(second));

    private static string? PsqlVariable(SqlStatement statement)
    {
        if (Variable(statement.Tokens) is { } found) return found;
        if (!statement.StartsWith("do")) return null;
        foreach (var body in statement.Tokens.Where(token => token.Kind == SqlTokenKind.Text))
        {
            IReadOnlyList<SqlToken> tokens;
            try
            {
                tokens = SqlTokenizer.Read(body.Text);
            }
            catch (SqlSyntaxException)
            {
                // Another language than SQL, or an error that the server names.
                continue;
            }
            if (Variable(tokens) is { } inside) return inside;
        }
        return null;
    }

    // ":'name'" and ":name"; a slice of an array (a[x:y]) looks like the second.
    private static string? Variable(IReadOnlyList<SqlToken> tokens)
    {
        var brackets = 0;
        for (var i = 0; i + 1 < tokens.Count; i++)
        {
            if (tokens[i].IsSymbol("[")) brackets++;
            else if (tokens[i].IsSymbol("]")) brackets--;
            else if (tokens[i].IsSymbol(":") && brackets == 0 && tokens[i + 1].Start == tokens[i].End && tokens[i + 1].Kind is SqlTokenKind.Text or SqlTokenKind.QuotedName or SqlTokenKind.Word)
                return tokens[i + 1].Kind == SqlTokenKind.Text ? $":'{tokens[i + 1].Text}'" : $":{tokens[i + 1].Text}";
        }
        return null;
    }
}
