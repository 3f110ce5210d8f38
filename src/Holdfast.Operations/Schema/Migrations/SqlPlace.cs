using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Where in a file a server found fault, in words.</summary>
internal static class SqlPlace
{
    public static string Of(PreparedFile file, SqlStatement? statement, PostgresException error)
    {
        if (statement is null) return $"{file.File.Script}: {error.MessageText} ({error.SqlState})";
        // The server counts characters of the statement from 1.
        var line = statement.Line + (error.Position > 0 ? SqlSyntaxException.LineOf(statement.Sql, error.Position - 1) - 1 : 0);
        return $"{file.File.Script}, line {line}: {error.MessageText} ({error.SqlState})";
    }

    /// <summary>What to do about some of the server's refusals.</summary>
    public static string Hint(PostgresException error) => error.SqlState switch
    {
        PostgresErrorCodes.QueryCanceled => " It took longer than its statement-timeout; give the file '-- holdfast:statement-timeout 5min', or split it.",
        PostgresErrorCodes.DuplicateTable or PostgresErrorCodes.DuplicateSchema or PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.DuplicateFunction =>
            " If the database had what this file makes before it had a history, adopt it: holdfast schema baseline VERSION.",
        PostgresErrorCodes.InsufficientPrivilege => " Migrate as the role that owns the schema.",
        _ => "",
    };
}
