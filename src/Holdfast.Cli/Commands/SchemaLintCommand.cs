using System.CommandLine;
using System.Text;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Lint;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema lint</c>: what in a SQL file would stop an application while it runs. Asks no server.</summary>
internal static class SchemaLintCommand
{
    private static readonly Argument<string[]> Files = new("files") { Description = "SQL files.", Arity = ArgumentArity.OneOrMore, HelpName = "FILE" };
    private static readonly Option<bool> WithoutLimits = new("--without-limits") { Description = "Something else than holdfast runs them, and sets no lock_timeout." };

    public static Command Create() => CommandFactory.Create("schema lint", "Finds in SQL files what would stop an application while it runs: blocking indexes, checks of whole tables, renames. Asks no server.",
        "holdfast schema lint migrations/V0007__add_language.sql", [Files, WithoutLimits], LintAsync);

    private static async Task<ExitCode> LintAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var findings = new List<LintItem>();
        foreach (var file in invocation.Get(Files))
        {
            foreach (var finding in Check(await ReadAsync(file, cancellationToken), file, !invocation.Get(WithoutLimits)))
                findings.Add(new LintItem(file, finding.Line, finding.Rule, finding.Message, finding.Remedy));
        }
        return invocation.Print(new LintReport(invocation.Get(Files).Length, findings), CliJson.Default.LintReport, writer =>
        {
            foreach (var item in findings)
            {
                writer.WriteLine($"{item.File}:{item.Line}: {item.Rule}: {item.Message}");
                writer.WriteLine($"  {item.Remedy}");
            }
            if (findings.Count == 0) writer.WriteLine("no findings");
        }, findings.Count == 0 ? ExitCode.Done : ExitCode.Findings);
    }

    private static IReadOnlyList<LintFinding> Check(string sql, string file, bool limitsLocks)
    {
        try
        {
            // A migration says {schema} where the runner puts the schema's name.
            var script = SqlScript.Parse(sql.TrimStart('\uFEFF').Replace("{schema}", "holdfast", StringComparison.Ordinal));
            return SqlLint.Check(script, !SqlLint.IsOutsideOfTransaction(script), limitsLocks);
        }
        catch (SqlSyntaxException e)
        {
            throw new CliException(ExitCode.Usage, $"{file}: {e.Message}");
        }
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        if (Directory.Exists(file)) throw new CliException(ExitCode.Usage, $"{file} is a directory; lint takes files.", $"holdfast schema lint {ShellWord.Of(file.TrimEnd('/'))}/*.sql");
        try
        {
            return await File.ReadAllTextAsync(file, new UTF8Encoding(false, throwOnInvalidBytes: true), cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw new CliException(ExitCode.Usage, $"{file} cannot be read: {e.Message}");
        }
    }
}

/// <summary>What was found in how many files.</summary>
internal sealed record LintReport(int Files, List<LintItem> Findings);

/// <summary>One finding.</summary>
internal sealed record LintItem(string File, int Line, string Rule, string Message, string Remedy);
