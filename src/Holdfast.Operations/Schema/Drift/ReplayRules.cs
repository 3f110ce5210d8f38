using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Stores.Migrations;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>
/// What of a file is replayed beside the live schemas of a server: nothing that ends the transaction, nothing that a rollback does
/// not take back, and nothing that would keep other people's tables locked until the replay ends.
/// </summary>
internal static class ReplayRules
{
    public const string Advice = "Compare with another provider: --against NAME.";

    // Between a key word and the name that it is about.
    private static readonly string[] Between = ["only", "if", "not", "exists", "concurrently"];

    // Behind these stands what is written or locked, wherever they stand.
    private static readonly string[] Changes = ["table", "into", "update", "truncate", "lock"];

    // Behind CREATE, ALTER and DROP.
    private static readonly string[] Kinds = ["view", "sequence", "index", "type", "domain", "function", "procedure", "routine", "aggregate", "schema"];
    private static readonly string[] OnTables = ["index", "trigger", "policy", "rule"];

    /// <summary>The file's statements that are replayed.</summary>
    /// <param name="migration">The file.</param>
    /// <param name="name">What stands for <c>{schema}</c>.</param>
    /// <param name="stands">Knows the schemas that are there and are not the one that is compared; foreign keys to their tables are led to stand-ins.</param>
    /// <param name="leftOut">Gets what is not replayed because it is no part of the schema that is compared.</param>
    /// <exception cref="SchemaException">It may not be replayed.</exception>
    public static SqlScript Read(Migration migration, string name, StandIns stands, ICollection<string> leftOut)
    {
        SqlScript script;
        try
        {
            script = MigrationFile.Parse(migration.Script, migration.Sql).Prepare(name).Script;
        }
        catch (SchemaException e)
        {
            throw new SchemaException($"{e.Message} {Advice}", e);
        }
        var statements = new List<SqlStatement>();
        foreach (var statement in script.Statements.Where(statement => !IsLeftOut(statement)))
        {
            if (OnForeign(statement, stands) is { } what) leftOut.Add($"{migration.Script}, line {statement.Line}: the {what}");
            else if (Foreign(statement, stands) is { } schema)
                throw new SchemaException($"{migration.Script}, line {statement.Line}: it changes or locks what lies in the schema {schema}, which is live and is not the one that is compared, so it is not replayed beside it. {Advice}");
            else statements.Add(stands.Lead(statement));
        }
        return script with { Statements = statements };
    }

    /// <summary>Changes no schema, or cannot stand in a transaction; where a sequence is, and what a program wrote, no rollback would take back.</summary>
    public static bool IsLeftOut(SqlStatement statement) =>
        statement.StartsWith("copy") || statement.StartsWith("reindex") || (ScriptRules.NeedsNoTransaction(statement) && !statement.Tokens.Any(token => token.Is("concurrently")))
        || (statement.StartsWith("select") && statement.Tokens.Any(MovesSequence));

    // A trigger or a policy belongs to its table, and nothing depends on it: without it the schema that is compared is the same.
    private static string? OnForeign(SqlStatement statement, StandIns stands)
    {
        var tokens = statement.Tokens;
        var at = statement.StartsWith("comment", "on") ? 2 : statement.StartsWith("create") ? RelationName.Skip(tokens, 1, "or", "replace", "constraint") : statement.StartsWith("alter") || statement.StartsWith("drop") ? 1 : tokens.Count;
        if (at >= tokens.Count || !(tokens[at].Is("trigger") || tokens[at].Is("policy"))) return null;
        var name = RelationName.Skip(tokens, at + 1, "if", "exists");
        // Behind the name, which may be called so too.
        for (var on = name + 1; on < tokens.Count; on++)
            if (tokens[on].Is("on")) return RelationName.Read(tokens, on + 1) is var (table, _) && stands.IsForeign(table.Schema) ? $"{tokens[at].Text.ToLowerInvariant()} {tokens[name].Name} on {table}" : null;
        return null;
    }

    private static bool MovesSequence(SqlToken token) => token.Name is "setval" or "nextval";

    // What is put together at run time shows in the locks that it takes: see SchemaReference.
    private static string? Foreign(SqlStatement statement, StandIns others) =>
        // Nothing where it is there.
        statement.StartsWith("create", "schema", "if", "not") ? null
        // What a routine does it does when it is called.
        : Foreign(IsRoutine(statement) ? [.. statement.Tokens.TakeWhile(token => !token.IsSymbol("("))] : statement.Tokens, others)
        ?? (statement.StartsWith("do") ? statement.Tokens.Where(token => token.Kind == SqlTokenKind.Text).Select(token => Foreign(StandIns.Read(token.Text), others)).FirstOrDefault(found => found is not null) : null);

    private static string? Foreign(IReadOnlyList<SqlToken> tokens, StandIns others)
    {
        for (var i = 1; i < tokens.Count; i++)
            if (tokens[i].Name is { } name && others.IsForeign(name) && IsChanged(tokens, i)) return name;
        return !tokens.Any(MovesSequence) ? null
            : tokens.Where(token => token.Kind == SqlTokenKind.Text && token.Text.Contains('.', StringComparison.Ordinal)).Select(token => token.Text[..token.Text.IndexOf('.', StringComparison.Ordinal)].Trim('"')).FirstOrDefault(others.IsForeign);
    }

    private static bool IsChanged(IReadOnlyList<SqlToken> tokens, int i)
    {
        var before = i - 1;
        while (before > 0 && Between.Any(tokens[before].Is)) before--;
        var word = tokens[before];
        var isKind = before is > 0 and < 5 && (tokens[0].Is("create") || tokens[0].Is("alter") || tokens[0].Is("drop")) && Kinds.Any(word.Is);
        if (word.Is("schema")) return isKind && before == 1;
        if (i + 1 >= tokens.Count || !tokens[i + 1].IsSymbol(".")) return false;
        return isKind || Changes.Any(word.Is) || (word.Is("from") && before > 0 && tokens[before - 1].Is("delete"))
            || (word.Is("on") && tokens.Take(4).Any(token => OnTables.Any(token.Is)));
    }

    private static bool IsRoutine(SqlStatement statement) => statement.StartsWith("create") && statement.Tokens.Take(4).Any(token => token.Is("function") || token.Is("procedure"));
}
