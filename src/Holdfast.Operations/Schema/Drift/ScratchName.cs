using System.Security.Cryptography;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>Schemas that exist inside of one transaction only, which is never committed.</summary>
internal static class ScratchName
{
    /// <summary>A name that nobody has.</summary>
    public static string New() => "holdfast_scratch_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>The statement as a transaction takes it: without CONCURRENTLY, found by the tokenizer and not in texts or comments.</summary>
    public static string WithoutConcurrently(SqlStatement statement)
    {
        if (!statement.Tokens.Any(token => token.Is("concurrently"))) return statement.Sql;
        var sql = statement.Sql;
        var start = statement.Tokens[0].Start;
        foreach (var token in statement.Tokens.Where(token => token.Is("concurrently")).Reverse())
            sql = string.Concat(sql.AsSpan(0, token.Start - start), sql.AsSpan(token.End - start));
        return sql;
    }

    /// <summary>Statements that begin or end transactions or cannot stand in one.</summary>
    public static bool CannotStandInTransaction(SqlStatement statement) =>
        statement.StartsWith("begin") || statement.StartsWith("commit") || statement.StartsWith("rollback") || statement.StartsWith("start", "transaction") || statement.StartsWith("end")
        || statement.StartsWith("savepoint") || statement.StartsWith("release") || statement.StartsWith("vacuum") || statement.StartsWith("prepare", "transaction")
        || statement.StartsWith("create", "database") || statement.StartsWith("drop", "database") || statement.StartsWith("alter", "system");

    /// <summary>Whether a script names a schema by its own name rather than by <c>{schema}</c>.</summary>
    public static bool Names(SqlScript script, string schema) => script.Statements.Any(statement =>
        statement.Tokens.Zip(statement.Tokens.Skip(1)).Any(pair => pair.First.Name == schema && pair.Second.IsSymbol(".") || pair.First.Is("schema") && pair.Second.Name == schema));
}
