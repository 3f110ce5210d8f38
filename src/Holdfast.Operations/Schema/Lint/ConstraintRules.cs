using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Lint;

/// <summary>Constraints that read the whole table, or build an index, while nobody can write.</summary>
internal static class ConstraintRules
{
    public static readonly string[] Kinds = ["check", "foreign", "unique", "primary", "exclude"];

    public static readonly LintRule[] All =
    [
        new("constraint-missing-not-valid", "Every row is checked while nobody can write to the table; so it is when a constraint is validated in the transaction that added it.",
            "Add it NOT VALID, and validate it in a later file: 'holdfast schema constraint fix' does both.", NotValidated),
        new("adding-foreign-key-constraint", "Every row is checked while nobody can write to either table.",
            "Add the foreign key NOT VALID, and validate it in a later file.",
            statement => statement.ActionsOnUsedTable.Where(action => (action.AddedConstraint() is { } constraint && constraint.Starts("foreign") && !IsNotValid(action))
                || (action.AddsColumn() && action.Says("references"))).Select(action => action[0])),
        new("disallowed-unique-constraint", "An index is built while nobody can read or write the table.",
            "Build the index with CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … UNIQUE USING INDEX.",
            statement => statement.ActionsOnUsedTable.Where(action => (action.AddedConstraint() is { } constraint && constraint.Starts("unique") && !UsesIndex(constraint))
                || (action.AddsColumn() && action.Says("unique"))).Select(action => action[0])),
        new("adding-serial-primary-key-field", "An index is built while nobody can read or write the table.",
            "Build the index with CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … PRIMARY KEY USING INDEX.",
            statement => statement.ActionsOnUsedTable.Where(action => (action.AddedConstraint() is { } constraint && constraint.Starts("primary") && !UsesIndex(constraint))
                || (action.AddsColumn() && action.Says("primary", "key"))).Select(action => action[0])),
    ];

    public static bool IsNotValid(SqlToken[] action) => action.Says("not", "valid");

    private static IEnumerable<SqlToken> NotValidated(LintedStatement statement)
    {
        foreach (var action in statement.ActionsOnUsedTable)
        {
            if (action.AddedConstraint() is { } constraint && !IsNotValid(action) && !UsesIndex(constraint)) yield return action[0];
            else if (action.AddsColumn() && action.Says("check")) yield return action[0];
            else if (action.Starts("validate") && statement.Before.NotValid.Contains(statement.Altered!.Name)) yield return action[0];
        }
    }

    private static bool UsesIndex(SqlToken[] constraint) => (constraint.Starts("unique", "using") || constraint.Starts("primary", "key", "using"));
}
