using System.CommandLine;
using System.Globalization;
using Holdfast.Cli.Output;
using Holdfast.Providers.Configuration;
using Holdfast.Providers.Failures;
using Holdfast.Providers.Probing;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast provider test</c>: from the host's name to a committed row, and where it fails.</summary>
internal static class ProviderTestCommand
{
    private static readonly Argument<string?> Name = new("NAME") { Description = "The provider; without it, all.", Arity = ArgumentArity.ZeroOrOne };

    public static Command Create() => CommandFactory.Create("provider test",
        "Climbs from the host's name to a committed row, step by step, with what to do where it fails. Exit codes: 3 not let in, 8 not reached, 9 it refuses what is written.",
        "holdfast provider test", [Name], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var configuration = ProviderChoice.Read(invocation);
        var name = ProviderChoice.Name(invocation, configuration, invocation.Get(Name));
        var options = configuration.Require();
        var providers = options.Providers.Where(provider => name is null || provider.Name == name).ToList();
        if (providers.Count == 0) throw new CliException(ExitCode.Usage, "No provider is configured: the memory is the local file.", "Set HOLDFAST_PROVIDER_<NAME> to a server's URL, or run: holdfast verify");
        foreach (var provider in providers) Invocation.Note($"target: {provider.Name}  {ProviderChoice.Address(provider)}");
        if (invocation.DryRun) return ExitCode.Done;
        var reports = await Task.WhenAll(providers.Select(provider => new ProbeLadder(provider.Name, ProviderEndpoints.Work(provider), options.Schema, TimeProvider.System).RunAsync(cancellationToken)));
        var result = reports.Select(ProviderTestItem.Of).ToList();
        invocation.Print(result, CliJson.Default.ListProviderTestItem, writer => Write(writer, reports));
        return reports.FirstOrDefault(report => !report.IsHealthy) is not { Failure: { } failure } failed ? ExitCode.Done
            : invocation.Note(new CliError(CodeOf(failure, failed.FailedStep!), $"{failed.Provider} fails at {Naming.Snake(failed.FailedStep!.Step.ToString())}: {failure.Message}", failed.Advice));
    }

    /// <summary>The first failing provider's cause, as an exit code.</summary>
    internal static ExitCode CodeOf(Failure failure, ProbeStepResult step) => failure.Cause switch
    {
        FailureCause.Authentication => ExitCode.Permission,
        // The role is let in and may not do what it must.
        FailureCause.Drift when failure.SqlState == "42501" || step.Detail.StartsWith("Permission denied", StringComparison.OrdinalIgnoreCase) => ExitCode.Permission,
        FailureCause.Configuration => ExitCode.Usage,
        FailureCause.Drift or FailureCause.ReadOnly or FailureCause.DiskFull or FailureCause.Tls => ExitCode.VerificationFailed,
        _ => ExitCode.Unreachable,
    };

    private static void Write(TextWriter writer, IReadOnlyList<ProbeReport> reports)
    {
        foreach (var report in reports)
        {
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Provider}: {(report.IsHealthy ? "takes rows" : "does not take rows")}  ({report.Duration.TotalMilliseconds:0} ms)"));
            foreach (var step in report.Steps)
            {
                var word = step.State switch { ProbeState.Passed => "[OK]", ProbeState.Failed => "[FAIL]", _ => "[SKIP]" };
                writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {word,-6} {Naming.Snake(step.Step.ToString()),-6} {step.Duration.TotalMilliseconds,6:0.0} ms  {Terminal.Safe(step.Detail)}"));
                if (step.Advice is { } advice) writer.WriteLine($"         {Terminal.Safe(advice)}");
            }
        }
    }
}

/// <summary>A provider's ladder.</summary>
internal sealed record ProviderTestItem(
    string Provider, bool IsHealthy, double Milliseconds, double? LatencyMilliseconds, int? ServerVersion, bool? IsPooled, bool? IsStandby, string? SchemaVersion,
    double? ClockOffsetMilliseconds, int? CertificateDaysLeft, string? Cause, string? Advice, List<ProviderTestStep> Steps)
{
    public static ProviderTestItem Of(ProbeReport report) => new(
        report.Provider, report.IsHealthy, Math.Round(report.Duration.TotalMilliseconds, 1), Ms(report.Latency), report.Facts.ServerVersion, report.Facts.IsPooled, report.Facts.IsStandby,
        report.Facts.SchemaVersion, Ms(report.Facts.ClockOffset), report.Facts.CertificateDaysLeft, report.Failure is { } failure ? Naming.Snake(failure.Cause.ToString()) : null, report.Advice,
        [.. report.Steps.Select(step => new ProviderTestStep(Naming.Snake(step.Step.ToString()), Naming.Snake(step.State.ToString()), Math.Round(step.Duration.TotalMilliseconds, 1), step.Detail, step.Advice))]);

    private static double? Ms(TimeSpan? time) => time is { } span ? Math.Round(span.TotalMilliseconds, 2) : null;
}

internal sealed record ProviderTestStep(string Step, string State, double Milliseconds, string Detail, string? Advice);
