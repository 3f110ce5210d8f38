using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Diagnosis;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast doctor</c>: what is wrong, why it matters, and what mends it.</summary>
internal static class DoctorCommand
{
    public static Command Create() => CommandFactory.Create("doctor",
        "Says what is wrong, why it matters, the command that mends it and how long that takes, the worst first. Exit codes: 0 nothing, 10 findings, 8 no provider answers.",
        "holdfast doctor", [], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var facts = await new FactGatherer(ProviderChoice.Read(invocation), TimeProvider.System).GatherAsync(cancellationToken);
        var report = DiagnosisRules.Of(facts);
        var result = new DoctorResult(report.Verdict, report.IsReachable, [.. report.Findings.Select((finding, i) => new FindingItem(
            i + 1, Naming.Snake(finding.Severity.ToString()), finding.Code, finding.Subject, finding.What, finding.Why, finding.Command, finding.Takes))]);
        invocation.Print(result, CliJson.Default.DoctorResult, writer => Write(writer, result));
        return !report.IsReachable ? invocation.Note(new CliError(ExitCode.Unreachable, report.Verdict, report.Findings[0].Command))
            : report.Findings.Count > 0 ? invocation.Note(new CliError(ExitCode.Findings, $"{report.Findings.Count} {(report.Findings.Count == 1 ? "finding" : "findings")}: {string.Join(", ", report.Findings.Select(finding => $"{finding.Code} ({finding.Subject})"))}.", report.Findings[0].Command))
            : ExitCode.Done;
    }

    private static void Write(TextWriter writer, DoctorResult result)
    {
        writer.WriteLine(result.Verdict);
        foreach (var finding in result.Findings)
        {
            writer.WriteLine();
            writer.WriteLine($"{finding.Number}. [{finding.Severity}] {Terminal.Safe(finding.What)}");
            writer.WriteLine($"   why    {Terminal.Safe(finding.Why)}");
            writer.WriteLine($"   mend   {Terminal.Safe(finding.Command)}");
            writer.WriteLine($"   takes  {finding.Takes}");
        }
    }
}

/// <summary>What <c>doctor</c> found, the worst first.</summary>
internal sealed record DoctorResult(string Verdict, bool IsReachable, List<FindingItem> Findings);

internal sealed record FindingItem(int Number, string Severity, string Code, string Subject, string What, string Why, string Command, string Takes);
