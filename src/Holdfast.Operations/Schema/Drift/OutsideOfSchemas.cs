using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>What stands in no schema: a replay beside the live one meets it there already.</summary>
internal static class OutsideOfSchemas
{
    private static readonly string[] Kinds = ["extension", "publication", "event", "server", "language", "trusted", "procedural", "cast", "access", "transform"];
    private static readonly string[] Roles = ["role", "user", "group"];

    /// <summary>The statement so that it passes where it is there.</summary>
    public static string UnlessThere(SqlStatement statement, string sql)
    {
        if (!statement.StartsWith("create") || statement.Tokens.Count < 3) return sql;
        // What is no role's to make may be there all the same; what lacks shows further down.
        if (Roles.Any(statement.Tokens[1].Is) && !statement.Tokens[2].Is("mapping")) return Passing(sql, "duplicate_object or insufficient_privilege");
        return Kinds.Any(statement.Tokens[1].Is) || statement.Tokens[2].Is("mapping") || statement.StartsWith("create", "foreign", "data") ? Passing(sql, "duplicate_object") : sql;
    }

    // A comment may stand at its end.
    private static string Passing(string sql, string errors) => $"do {SqlQuote.Literal($"begin {sql}\n; exception when {errors} then null; end")}";
}
