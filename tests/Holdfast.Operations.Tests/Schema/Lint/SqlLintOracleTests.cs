using Holdfast.Operations.Schema.Lint;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Operations.Tests.Schema.Sql;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Lint;

/// <summary>Our rules beside squawk's of the same names.</summary>
public sealed class SqlLintOracleTests
{
    private static readonly string[] Cases = [.. File.ReadAllLines(Path.Combine(PostgresPrograms.Repository(), "tests/Holdfast.Operations.Tests/Schema/Lint/lint.txt")).Where(line => line.Length > 0)];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task rules_say_what_squawk_says_or_the_reason_stands_here(bool inTransaction)
    {
        var theirs = await SquawkAsync(inTransaction);
        var unexplained = new List<string>();
        var different = LintRule.All.ToDictionary(rule => rule.Name, _ => 0);
        for (var i = 0; i < Cases.Length; i++)
        {
            var ours = SqlLint.Check(SqlScript.Parse(Cases[i]), inTransaction, limitsLocks: false);
            foreach (var rule in LintRule.All)
            {
                var (mine, other) = (ours.Count(finding => finding.Rule == rule.Name), theirs[i].Count(name => name == rule.Name));
                // Squawk says it once a file.
                if (rule.Name == "require-lock-timeout") (mine, other) = (Math.Min(mine, 1), Math.Min(other, 1));
                if (mine == other) continue;
                different[rule.Name]++;
                if (!SquawkDifferences.Explain(rule.Name, Cases[i], inTransaction, mine, other)) unexplained.Add($"{rule.Name}: {Cases[i]} here {mine}, squawk {other}");
            }
        }
        Assert.True(Cases.Length >= 200);
        Assert.True(unexplained.Count == 0, string.Join('\n', unexplained));
        foreach (var (rule, count) in different)
            Assert.True(count <= Cases.Length * 0.05, $"{rule} differs in {count} of {Cases.Length} cases");
    }

    [Fact]
    public async Task every_rule_that_squawk_has_too_is_found_by_both_somewhere()
    {
        var theirs = (await SquawkAsync(false)).Concat(await SquawkAsync(true)).SelectMany(names => names).ToHashSet();
        var ours = Cases.SelectMany(sql => SqlLint.Check(SqlScript.Parse(sql), false, false).Concat(SqlLint.Check(SqlScript.Parse(sql), true, false))).Select(finding => finding.Rule).ToHashSet();
        Assert.All(LintRule.All.Select(rule => rule.Name), name => Assert.True(theirs.Contains(name) && ours.Contains(name), name));
    }

    private static async Task<List<string>[]> SquawkAsync(bool inTransaction)
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-lint-");
        try
        {
            for (var i = 0; i < Cases.Length; i++) await File.WriteAllTextAsync(Path.Combine(folder.FullName, $"{i}.sql"), Cases[i] + "\n");
            string[] mode = inTransaction ? ["--assume-in-transaction"] : [];
            var found = await SqlOracles.SquawkAsync([.. mode, .. Enumerable.Range(0, Cases.Length).Select(i => Path.Combine(folder.FullName, $"{i}.sql"))]);
            var names = Cases.Select(_ => new List<string>()).ToArray();
            foreach (var finding in found) names[int.Parse(Path.GetFileNameWithoutExtension(finding.File), System.Globalization.CultureInfo.InvariantCulture)].Add(finding.RuleName);
            return names;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
