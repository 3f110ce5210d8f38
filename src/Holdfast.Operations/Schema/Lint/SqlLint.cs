using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Lint;

/// <summary>Finds in a file what would stop an application while it runs. Rules about locks pass over tables that the same file makes.</summary>
internal static partial class SqlLint
{
    /// <summary>A line of the file takes a rule back with a reason: <c>-- holdfast:lint-ignore RULE "why"</c>.</summary>
    /// <param name="script">The file.</param>
    /// <param name="inTransaction">Whether it is run in a transaction: true for our runner, but with <c>-- holdfast:transaction off</c>.</param>
    /// <param name="limitsLocks">Whether a limit of waits for locks is set before it: true for our runner.</param>
    public static IReadOnlyList<LintFinding> Check(SqlScript script, bool inTransaction, bool limitsLocks = true)
    {
        var findings = new List<LintFinding>();
        var ignored = Ignored(script, findings);
        var state = new LintState(inTransaction, false, inTransaction, limitsLocks && !Unlimited(script), ImmutableHashSet<string>.Empty, ImmutableHashSet<string>.Empty);
        for (var i = 0; i < script.Statements.Count; i++)
        {
            var statement = new LintedStatement(script.Statements[i], state, i == script.Statements.Count - 1);
            foreach (var rule in LintRule.All.Where(rule => !ignored.Contains(rule.Name)))
                foreach (var word in rule.Find(statement))
                    findings.Add(new LintFinding(rule.Name, script.LineOf(word.Start), rule.Message, rule.Remedy));
            state = state.After(statement);
        }
        return [.. findings.OrderBy(finding => finding.Line)];
    }

    /// <summary>Whether the file says that it is run outside of a transaction.</summary>
    public static bool IsOutsideOfTransaction(SqlScript script) => script.Comments.Any(comment => TransactionOff().IsMatch(comment.Text));

    private static bool Unlimited(SqlScript script) => script.Comments.Any(comment => NoLockTimeout().IsMatch(comment.Text));

    private static HashSet<string> Ignored(SqlScript script, List<LintFinding> findings)
    {
        var ignored = new HashSet<string>();
        foreach (var comment in script.Comments)
        {
            var directive = Ignore().Match(comment.Text);
            if (!directive.Success) continue;
            var (rule, line) = (directive.Groups[1].Value, script.LineOf(comment.Start));
            if (LintRule.All.All(known => known.Name != rule))
                findings.Add(new LintFinding("lint-ignore", line, $"There is no rule '{rule}'.", "Name a rule as 'holdfast schema lint' prints it."));
            else if (directive.Groups[2].Value.Trim().Length == 0)
                findings.Add(new LintFinding("lint-ignore", line, $"{rule} is taken back without a reason.", $"Say why it does no harm here: -- holdfast:lint-ignore {rule} \"why\""));
            else ignored.Add(rule);
        }
        return ignored;
    }

    [GeneratedRegex(@"^--\s*holdfast:lint-ignore\s+(\S+)(?:\s+""([^""]*)"")?")]
    private static partial Regex Ignore();

    [GeneratedRegex(@"^--\s*holdfast:transaction\s+off\b")]
    private static partial Regex TransactionOff();

    [GeneratedRegex(@"^--\s*holdfast:lock-timeout\s+0(ms|s|min)?\s*$")]
    private static partial Regex NoLockTimeout();
}
