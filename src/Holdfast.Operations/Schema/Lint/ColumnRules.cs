using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Lint;

/// <summary>Columns that are added, changed or renamed so that the table is rewritten, or that the running application is not ready for.</summary>
internal static class ColumnRules
{
    private static readonly string[] Serial = ["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"];

    // The same for every row of the statement, so that no row has to be written.
    private static readonly string[] Stable =
    [
        "now", "current_timestamp", "current_date", "current_time", "localtime", "localtimestamp", "transaction_timestamp", "statement_timestamp",
        "current_user", "session_user", "user", "current_role", "current_schema", "current_catalog", "pg_current_xact_id", "array", "cast",
    ];

    private static readonly string[] AfterDefault = ["not", "null", "unique", "primary", "check", "references", "constraint", "generated", "collate"];

    public static readonly LintRule[] All =
    [
        new("changing-column-type", "The table and its indexes are written anew while nobody can read them, and a running application meets another type than it knows.",
            "Add a column of the new type, write both, copy in batches, and drop the old one in a later release.",
            statement => statement.ActionsOnUsedTable.Where(action => action.AlteredColumn() is { } change && (change.Starts("type") || change.Starts("set", "data", "type"))).Select(action => action[0])),
        new("adding-not-nullable-field", "Every row is read while nobody can read or write the table.",
            "Add CHECK (column IS NOT NULL) NOT VALID, validate it in a later file, then SET NOT NULL with a lint-ignore (it reads no row then) and drop the check.",
            statement => statement.ActionsOnUsedTable.Where(action => action.AlteredColumn() is { } change && change.Starts("set", "not", "null")).Select(action => action[0])),
        new("adding-required-field", "It fails where the table has a row, and every insert of an application that does not know the column fails.",
            "Add it with a DEFAULT, or without NOT NULL.",
            statement => statement.ActionsOnUsedTable.Where(action => action.AddsColumn() && action.Says("not", "null") && !action.Says("default") && !action.Says("generated") && !IsSerial(action)).Select(action => action[0])),
        new("adding-field-with-default", "The table is written anew while nobody can read it: the value differs by row.",
            "Add the column without it, SET DEFAULT afterwards, and fill the rows in batches.",
            statement => statement.ActionsOnUsedTable.Where(action => action.AddsColumn() && (IsVolatile(Default(action)) || IsStored(action) || IsSerial(action))).Select(action => action[0])),
        new("renaming-column", "The running application asks for the old name, and fails.",
            "Add a column, write both, copy in batches, and drop the old one in a later release.",
            statement => statement.ActionsOnUsedTable.Where(action => action.Starts("rename") && !action.Starts("rename", "to") && !action.Starts("rename", "constraint")).Select(action => action[0])),
        new("renaming-table", "The running application asks for the old name, and fails.",
            "Make a view of the new name, and rename in a release after which nobody uses the old one.",
            statement => statement.ActionsOnUsedTable.Where(action => action.Starts("rename", "to")).Select(action => action[0])),
    ];

    private static bool IsSerial(SqlToken[] action) => action.Any(word => word.Name is { } name && Serial.Contains(name));

    private static bool IsStored(SqlToken[] action) => action.Says("generated") && !action.Says("virtual");

    /// <summary>The words of the column's DEFAULT, up to its next constraint.</summary>
    private static SqlToken[] Default(SqlToken[] action)
    {
        var at = TopLevel.IndexOf(action, "default");
        if (at < 0) return [];
        var end = at + 2;
        for (var depth = at + 1 < action.Length ? TopLevel.Step(action, at + 1) : 0; end < action.Length; end++)
        {
            depth += TopLevel.Step(action, end);
            if (depth == 0 && AfterDefault.Any(word => action[end].Is(word))) break;
        }
        return action[(at + 1)..Math.Min(end, action.Length)];
    }

    /// <summary>Whether it calls a function that is not known to give the same for every row. A type before a parenthesis is taken for one: numeric(10, 2) stands after :: or in CAST.</summary>
    private static bool IsVolatile(SqlToken[] expression)
    {
        for (var i = 0; i + 1 < expression.Length; i++)
            if (expression[i + 1].IsSymbol("(") && expression[i].Name is { } name && !Stable.Contains(name) && !(i > 0 && (expression[i - 1].IsSymbol("::") || expression[i - 1].Is("as")))) return true;
        return false;
    }
}
