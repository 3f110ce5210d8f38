using System.CommandLine;
using System.Globalization;
using Holdfast.Cli.Output;
using Holdfast.Operations.Drills;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast provider drill</c>: what an outage would be like, without one.</summary>
internal static class ProviderDrillCommand
{
    private const int SecondsMax = 300;

    private static readonly Argument<string?> Name = new("NAME") { Description = "The provider to cut off; without it, the first in the order.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<DrillFault> Fault = new("--fault") { Description = "refuse: its process has died; blackhole: nothing gets through; freeze: it gets requests and never answers.", HelpName = "FAULT", DefaultValueFactory = _ => DrillFault.Refuse };
    private static readonly Option<int> Seconds = new("--seconds") { Description = "For how long (1 to 300).", HelpName = "N", DefaultValueFactory = _ => 5 };

    public static Command Create() => CommandFactory.Create("provider drill",
        "Cuts one provider off inside this process, writes meanwhile, and reports detection, switch and recovery times, and what every provider holds in the end. The provider, its clients and other processes are not touched.",
        "holdfast provider drill --fault blackhole --seconds 5", [Name, Fault, Seconds], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var configuration = ProviderChoice.Read(invocation);
        var name = ProviderChoice.Name(invocation, configuration, invocation.Get(Name));
        var options = configuration.Require();
        var seconds = invocation.Get(Seconds) is >= 1 and <= SecondsMax and var given ? given : throw new CliException(ExitCode.Usage, $"--seconds is {invocation.Get(Seconds)}; allowed is 1 to {SecondsMax}.");
        if (options.Providers.Count == 0) throw new CliException(ExitCode.Usage, "No provider is configured: there is none to cut off.", "Set HOLDFAST_PROVIDER_<NAME> to a server's URL.");
        name ??= options.Providers[0].Name;
        foreach (var provider in options.Providers) Invocation.Note($"target: {provider.Name}  {ProviderChoice.Address(provider)}{(provider.Name == name ? $"  cut off for {seconds} s inside this process" : "")}");
        if (invocation.DryRun)
        {
            Invocation.Note($"would cut {name} off for {seconds} s inside this process and write about {seconds * 50 + 100} small rows of tenant {ProviderDrill.Tenant}, which are emptied afterwards");
            return ExitCode.Done;
        }
        var report = await new ProviderDrill(options).RunAsync(new DrillPlan(name, invocation.Get(Fault), TimeSpan.FromSeconds(seconds)), cancellationToken);
        invocation.Print(DrillResult.Of(report), CliJson.Default.DrillResult, writer => Write(writer, report));
        return report.Problem is { } problem ? invocation.Note(new CliError(ExitCode.VerificationFailed, $"{problem}.", "holdfast doctor")) : ExitCode.Done;
    }

    private static void Write(TextWriter writer, DrillReport report)
    {
        writer.WriteLine($"{report.Provider} was cut off for {Time(report.CutMilliseconds)} ({Naming.Snake(report.Fault.ToString())}); it {(report.WasPrimary ? "led" : "was a backup")}.");
        writer.WriteLine();
        TextColumns.Write(writer, ["WHAT", "TIME", "MEANING"],
        [
            ["noticed", Time(report.NoticedMilliseconds), "others were asked in its place"],
            .. report.WasPrimary ? (string[][])[["carried", Time(report.CarriedMilliseconds), $"{report.CarriedBy ?? "nobody"} acknowledged a write without it"]] : [],
            ["detection", Time(report.DetectionMilliseconds), report.DetectionMilliseconds is null ? "the cut was over before" : report.WasPrimary ? $"{report.SwitchedTo} leads" : "it is known to be down"],
            .. report is { WasPrimary: true, SwitchMilliseconds: not null } ? (string[][])[["switch", Time(report.SwitchMilliseconds), $"after that {report.SwitchedTo} acknowledged a write"]] : [],
            ["longest gap", Time(report.LongestGapMilliseconds), "between two acknowledged writes"],
            ["recovery", Time(report.RecoveryMilliseconds), "after the cut it took rows again"],
            .. report.WasPrimary ? (string[][])[["failback", Time(report.FailbackMilliseconds), "after the cut it led again"]] : [],
        ]);
        writer.WriteLine();
        writer.WriteLine($"{report.Acknowledged} writes acknowledged ({report.AcknowledgedLocally} by the local file alone), {report.Failed} failed, lost {report.Lost}, doubled {report.Doubled}.");
        TextColumns.Write(writer, ["PROVIDER", "ROWS", "LOST", "DOUBLED"], report.Counts.Select(count => new[] { count.Provider, Number(count.Rows), Number(count.Lost), Number(count.Doubled) }));
        writer.WriteLine($"The rows of tenant {ProviderDrill.Tenant} have been emptied.");
        foreach (var note in report.Notes) writer.WriteLine(note);
    }

    private static string Time(double? milliseconds) => milliseconds is not { } ms ? "-" : ms < 1_000 ? string.Create(CultureInfo.InvariantCulture, $"{ms:0} ms") : string.Create(CultureInfo.InvariantCulture, $"{ms / 1_000:0.0} s");

    private static string Number(int? count) => count?.ToString(CultureInfo.InvariantCulture) ?? "unknown";
}

/// <summary>What a drill measured; times in milliseconds.</summary>
internal sealed record DrillResult(
    string Provider, string Fault, bool WasPrimary, double CutMs, double? NoticedMs, double? CarriedMs, string? CarriedBy, double? DetectionMs, double? SwitchMs, string? SwitchedTo, double LongestGapMs, double? RecoveryMs, double? FailbackMs,
    int Acknowledged, int AcknowledgedLocally, int Failed, int Lost, int Doubled, string? Problem, List<DrillCount> Counts, List<string> Notes)
{
    public static DrillResult Of(DrillReport report) => new(
        report.Provider, Naming.Snake(report.Fault.ToString()), report.WasPrimary, Round(report.CutMilliseconds)!.Value, Round(report.NoticedMilliseconds), Round(report.CarriedMilliseconds), report.CarriedBy, Round(report.DetectionMilliseconds), Round(report.SwitchMilliseconds),
        report.SwitchedTo, Round(report.LongestGapMilliseconds)!.Value, Round(report.RecoveryMilliseconds), Round(report.FailbackMilliseconds),
        report.Acknowledged, report.AcknowledgedLocally, report.Failed, report.Lost, report.Doubled, report.Problem, [.. report.Counts], [.. report.Notes]);

    private static double? Round(double? value) => value is { } number ? Math.Round(number, 1) : null;
}
