using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Lint;

/// <summary>One thing that is known to stop applications.</summary>
/// <param name="Name">As squawk names it.</param>
/// <param name="Message">What would happen.</param>
/// <param name="Remedy">The safe way to the same end.</param>
/// <param name="Find">The words of a statement that say so, one for each time.</param>
internal sealed record LintRule(string Name, string Message, string Remedy, Func<LintedStatement, IEnumerable<SqlToken>> Find)
{
    public static IReadOnlyList<LintRule> All { get; } = [.. IndexRules.All, .. ConstraintRules.All, .. ColumnRules.All, .. DropRules.All, .. TransactionRules.All];
}
