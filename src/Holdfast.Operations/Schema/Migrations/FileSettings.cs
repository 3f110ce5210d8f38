using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>What a file sets for its session, given again to each of its statements that has a transaction, or a session, of its own.</summary>
internal static class FileSettings
{
    /// <summary>Whether a statement is one that those behind it start with.</summary>
    public static bool Has(SqlStatement statement)
    {
        if (statement.StartsWith("reset")) return true;
        if (statement.StartsWith("set")) return !(statement.StartsWith("set", "local") || statement.StartsWith("set", "transaction") || statement.StartsWith("set", "constraints"));
        // As pg_dump sets an empty search path. One that asks the tables for its value is a statement as others are.
        return (statement.StartsWith("select", "set_config") || (statement.StartsWith("select", "pg_catalog") && statement.Tokens.Count > 3 && statement.Tokens[3].Is("set_config")))
            && statement.Tokens.Count(token => token.IsSymbol("(")) == 1;
    }
}
