using System.CommandLine;
using System.Diagnostics;
using Holdfast.Cli.Output;
using Holdfast.Operations.Access;
using Holdfast.Operations.Schema.Drift;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema drift</c>: what stands otherwise on a provider than its migrations make it, and between providers.</summary>
internal static class SchemaDriftCommand
{
    private static readonly Option<string> Against = new("--against") { Description = "What is right: 'migrations' (those that each provider has had), or NAME of a provider that is the model.", HelpName = "NAME", DefaultValueFactory = _ => "migrations" };
    private static readonly Option<string> FailOn = new("--fail-on") { Description = "The lowest level that ends with exit code 9: error, warn or info.", HelpName = "LEVEL", DefaultValueFactory = _ => "warn" };
    public static readonly Option<FileInfo> Ignore = new("--ignore-file") { Description = "Findings that are accepted: a cache_key on each line, then # and the reason.", HelpName = "FILE" };
    private static readonly Option<FileInfo> FixPlan = new("--fix-plan") { Description = "Write the proved repair as SQL; with several drifted providers a file each, named after it.", HelpName = "FILE" };
    private static readonly Option<bool> Repair = new("--repair") { Description = "Run the proved repair on the provider that --provider names, and read it again." };
    private static readonly Option<int> LockWait = new("--lock-wait") { Description = "How many seconds to wait for a migration in flight.", HelpName = "SECONDS", DefaultValueFactory = _ => 60 };

    public static Command Create() => CommandFactory.Create("schema drift",
        "Compares the live schema of every provider with what its migrations make, and the providers with each other: 36 classes, from a missing table to a lost grant. Exit code 9 when something differs.",
        "holdfast schema drift --fix-plan repair.sql", [Against, FailOn, Ignore, FixPlan, Repair, LockWait, SchemaTargets.Directory, SchemaTargets.Schema], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var all = DriftTargets.All(invocation);
        var named = DriftTargets.Named(invocation, all);
        if (invocation.Get(Repair) && named.Count > 1)
            throw new CliException(ExitCode.Usage, "--repair mends one provider at a time: name it with --provider.", $"holdfast schema drift --repair --provider {named[^1].Name}");
        var options = Options(invocation, all);
        var level = LevelOf(invocation.Get(FailOn)!);
        var ignored = await IgnoredAsync(invocation, cancellationToken);
        DriftTargets.Announce(named, options.Schema);

        var report = await new DriftCheck(all, options).RunAsync(cancellationToken);
        var drifts = report.Providers.Where(provider => named.Any(target => target.Name == provider.Target.Name)).ToList();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        foreach (var unused in ignored?.Unused(report.Findings) ?? []) Invocation.Note($"--ignore-file: '{unused}' covers nothing any more");

        foreach (var drift in drifts)
        {
            if (drift.NotJudged.Count > 0) Invocation.Note($"{drift.Target.Name}: compared is all but what {Terminal.Safe(string.Join(", ", drift.NotJudged))} makes, until what has changed there has run");
            foreach (var what in drift.LeftOut) Invocation.Note($"{drift.Target.Name}: not compared, it belongs to a table of another schema: {Terminal.Safe(what)}");
        }

        List<RepairedFinding>? repaired = null;
        if (invocation.Get(Repair)) (drifts, repaired) = await SchemaRepairRun.RunAsync(invocation, all, drifts, options, ignored, cancellationToken);
        else if (invocation.Get(FixPlan) is { } file) await WritePlansAsync(drifts, file, ignored, cancellationToken);
        var result = DriftResult.Of(drifts, ignored, seconds, repaired);
        invocation.Print(result, CliJson.Default.DriftResult, writer => DriftScreen.Write(writer, result, invocation.DryRun));
        return End(invocation, drifts, result, level);
    }

    /// <summary>What every command about a live schema goes by.</summary>
    public static DriftOptions Options(Invocation invocation, IReadOnlyList<DriftTarget> all) => Declared(invocation, DriftOptions.Of(SchemaTargets.Set(invocation), SchemaTargets.SchemaOf(invocation))) with
    {
        Against = invocation.Get(Against) is { } name && name != "migrations" ? DriftTargets.Find(all, name).Name : null,
        LockWaitMax = invocation.Get(LockWait) is >= 0 and var seconds ? TimeSpan.FromSeconds(seconds) : throw new CliException(ExitCode.Usage, $"--lock-wait is {invocation.Get(LockWait)}; it is a number of seconds from 0."),
    };

    // Access is declared for Holdfast's own tables.
    private static DriftOptions Declared(Invocation invocation, DriftOptions options) => SchemaTargets.Set(invocation).IsShipped ? DeclaredAccess.With(options) : options;

    private static DriftLevel LevelOf(string text) => text.ToUpperInvariant() switch
    {
        "ERROR" => DriftLevel.Error,
        "WARN" => DriftLevel.Warn,
        "INFO" => DriftLevel.Info,
        _ => throw new CliException(ExitCode.Usage, $"--fail-on: '{text}' is no level; there is error, warn and info.", "holdfast schema drift --help"),
    };

    public static async Task<IgnoreFile?> IgnoredAsync(Invocation invocation, CancellationToken cancellationToken) =>
        invocation.Get(Ignore) is not { } file ? null
        : file.Exists ? IgnoreFile.Parse(await File.ReadAllTextAsync(file.FullName, cancellationToken))
        : throw new CliException(ExitCode.NotFound, $"--ignore-file: {file.FullName} is not there.");

    private static async Task WritePlansAsync(List<ProviderDrift> drifts, FileInfo file, IgnoreFile? ignored, CancellationToken cancellationToken)
    {
        var drifted = drifts.Where(drift => SchemaRepairRun.Wanted(drift, ignored).Count > 0).ToList();
        foreach (var drift in drifted)
        {
            var proof = await DriftRepair.ProveAsync(drift, SchemaRepairRun.Wanted(drift, ignored), cancellationToken);
            var path = drifted.Count == 1 ? file.FullName : Path.ChangeExtension(file.FullName, $"{drift.Target.Name}{file.Extension}");
            await File.WriteAllTextAsync(path, RepairScript.Write(drift, proof), cancellationToken);
            Invocation.Note($"{drift.Target.Name}: {proof.Proved.Count} repairs, {(proof.Holds ? "proved in a scratch copy" : "NOT proved: some still differ in the scratch copy")}: {path}");
        }
        if (drifted.Count == 0 && drifts.All(drift => drift.Error is null)) Invocation.Note("nothing to repair: no plan was written");
    }

    private static string Next(Invocation invocation, List<DriftFindingItem> counted, DriftResult result)
    {
        if (result.Repaired is not null && !invocation.DryRun) return "holdfast schema drift --fix-plan repair.sql";
        // A history that is not in order comes before everything that follows from it.
        if (counted.Select(finding => finding.Metadata.GetValueOrDefault("run")).FirstOrDefault(command => command is not null) is { } run) return run;
        if (counted.FirstOrDefault(finding => finding.Repairable) is { } first) return $"holdfast schema drift --repair --provider {first.Provider}";
        return counted.All(finding => finding.Name == DriftClasses.History.Key) ? "holdfast schema status" : "holdfast schema drift --json";
    }

    private static ExitCode End(Invocation invocation, List<ProviderDrift> drifts, DriftResult result, DriftLevel level)
    {
        var counted = result.Findings.Where(finding => Enum.Parse<DriftLevel>(finding.Level, ignoreCase: true) >= level).ToList();
        if (counted.Count > 0)
            return invocation.Note(new CliError(ExitCode.VerificationFailed, $"{counted.Count} {(counted.Count == 1 ? "thing differs" : "things differ")} on {string.Join(", ", counted.Select(finding => finding.Provider).Distinct())}.",
                Next(invocation, counted, result)));
        return drifts.FirstOrDefault(drift => drift.Error is not null) is { Error: { } error }
            ? invocation.Note(CliError.Of(error)) : ExitCode.Done;
    }
}
