namespace Holdfast.Operations.Schema.Sql;

/// <summary>Key words that may stand in an expression where a column could.</summary>
internal static class SqlWords
{
    private static readonly HashSet<string> NotColumns = new(StringComparer.OrdinalIgnoreCase)
    {
        "true", "false", "null", "unknown", "default", "and", "or", "not", "case", "when", "then", "else", "end", "any", "all", "some", "array", "row",
        "is", "in", "between", "symmetric", "asymmetric", "like", "ilike", "similar", "escape", "distinct", "from", "at", "time", "zone", "interval", "cast", "operator",
        "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_user", "current_role", "session_user", "user", "current_schema", "current_catalog",
    };

    public static bool MayBeColumn(SqlToken token) => token.Kind == SqlTokenKind.QuotedName || (token.Kind == SqlTokenKind.Word && !NotColumns.Contains(token.Text));
}
