using System.Collections.Concurrent;
using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Rollout;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema migrate</c>: brings servers up to date.</summary>
internal static class SchemaMigrateCommand
{
    public static readonly Option<string> To = new("--to") { Description = "The last version to apply.", HelpName = "VERSION" };
    public static readonly Option<string> Phase = new("--phase") { Description = "Stop before the first file of a later phase: expand, backfill or contract.", HelpName = "PHASE" };
    public static readonly Option<bool> OutOfOrder = new("--out-of-order") { Description = "Apply files whose number lies below one that was applied already." };
    public static readonly Option<string> AllowDestructive = new("--allow-destructive") { Description = "Let statements through that throw data away, and say why; the history keeps it.", HelpName = "REASON" };
    private static readonly Option<bool> Execute = new("--execute") { Description = "With --dry-run: run what is pending on the server itself and roll it back." };

    public static Command Create() => CommandFactory.Create("schema migrate",
        "Makes the tables, or brings them up to date: the backups first, the provider that leads last, and the first failure ends it. Any number may be started at once: one works. The local file does this by itself.",
        "holdfast schema migrate --provider main",
        [To, Phase, SchemaTargets.LockWait, SchemaTargets.LockTimeout, OutOfOrder, AllowDestructive, SchemaDriftCommand.Ignore, Execute, SchemaTargets.Directory, SchemaTargets.Schema], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (invocation.Get(Execute) && !invocation.DryRun) throw new CliException(ExitCode.Usage, "--execute belongs to --dry-run: what it runs is rolled back.", "holdfast schema migrate --dry-run --execute");
        var options = Options(invocation);
        if (invocation.Target.IsLocal && invocation.Get(SchemaTargets.Directory) is null)
        {
            invocation.AnnounceTarget();
            if (!invocation.DryRun) await using (await invocation.OpenAsync(cancellationToken)) { }
            return invocation.Print(new Migrated(invocation.Target.Name, []), CliJson.Default.Migrated, writer => writer.WriteLine("the local file is brought up to date whenever it is opened"));
        }
        var targets = SchemaTargets.Read(invocation, options);
        var begun = new ConcurrentQueue<(string Provider, string Script)>();
        IReadOnlyList<Migrated> migrated;
        try
        {
            var gate = await SchemaChecks.GateAsync(invocation, options, cancellationToken);
            migrated = await SchemaRollout.RunAsync(targets, (name, target) => MigrateAsync(invocation, name, target, targets.Count > 1, gate, script => begun.Enqueue((name, script)), cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && !invocation.DryRun)
        {
            return invocation.Print(await CancelledMigration.TellAsync(invocation, [.. targets.Reverse()], begun.ToLookup(one => one.Provider, one => one.Script)));
        }
        return invocation.Print(migrated is [var only] ? only : new Migrated(invocation.Target.Name, [.. migrated.SelectMany(one => one.Steps)], [.. migrated]), CliJson.Default.Migrated, writer =>
        {
            foreach (var one in migrated) Write(invocation, writer, one, migrated.Count == 1 ? "" : $"{one.Provider}: ");
        });
    }

    private static MigrationOptions Options(Invocation invocation)
    {
        var reason = invocation.Get(AllowDestructive);
        if (reason is not null && string.IsNullOrWhiteSpace(reason)) throw new CliException(ExitCode.Usage, "--allow-destructive needs a reason, which the history keeps.");
        var phase = invocation.Get(Phase) is { } text
            ? MigrationDirectives.PhaseOf(text) ?? throw new CliException(ExitCode.Usage, $"--phase is '{text}'; there is expand, backfill and contract.") : (MigrationPhase?)null;
        return SchemaTargets.Patience(invocation) with { To = invocation.Get(To), Phase = phase, OutOfOrder = invocation.Get(OutOfOrder), AllowDestructive = reason };
    }

    private static async Task<Migrated> MigrateAsync(Invocation invocation, string name, MigrationTarget target, bool several, RolloutGate gate, Action<string> begun, CancellationToken cancellationToken)
    {
        SchemaTargets.Announce(name, target);
        var progress = new SchemaProgress(several ? name : null) { Begun = begun };
        if (invocation.Get(Execute))
        {
            var tried = await new SchemaTrial(target).RunAsync(progress, cancellationToken);
            return new Migrated(name, [.. tried.Where(step => step.Ran).Select(step => step.Step with { DurationMs = step.DurationMs })]) { NotTried = [.. tried.Where(step => !step.Ran).Select(step => step.Step.Script)] };
        }
        var migrator = new SchemaMigrator(target) { BeforeChange = gate.BeforeAsync };
        if (invocation.DryRun) return new Migrated(name, [.. await migrator.PlanAsync(cancellationToken)]) { Waiting = await WaitingAsync(target, cancellationToken) };
        var steps = await migrator.MigrateAsync(progress, cancellationToken);
        return new Migrated(name, [.. steps]) { Checked = await gate.AfterAsync(name, target, steps, cancellationToken), Waiting = await WaitingAsync(target, cancellationToken) };
    }

    private static async Task<List<string>?> WaitingAsync(MigrationTarget target, CancellationToken cancellationToken) =>
        target.Options is { To: null, Phase: null } ? null : [.. target.Plan(await target.ReadAsync(cancellationToken)).Held.Select(file => file.File.Script)];

    private static void Write(Invocation invocation, TextWriter writer, Migrated migrated, string before)
    {
        var waiting = migrated.Waiting ?? [];
        if (migrated.Steps.Count == 0 && waiting.Count == 0 && migrated.NotTried is not { Count: > 0 }) writer.WriteLine($"{before}{SaidOptions.Complete(invocation, SchemaChecks.UpToDate(migrated.Checked))}");
        foreach (var step in migrated.Steps)
            writer.WriteLine($"{before}{(migrated.NotTried is not null ? $"ran and rolled back {step.Script} ({step.DurationMs} ms)" : invocation.DryRun ? $"would apply {step.Script}" : $"applied {step.Script}")}");
        foreach (var script in migrated.NotTried ?? []) writer.WriteLine($"{before}not tried {script}: it, or one before it, cannot be rolled back");
        if (waiting.Count > 0) writer.WriteLine($"{before}left for later by --to or --phase, the first of them and what is behind it: {string.Join(", ", waiting)}");
        SchemaChecks.Write(invocation, writer, before, migrated.Checked);
    }
}

/// <summary>What was applied to a provider, or to each of several.</summary>
internal sealed record Migrated(string Provider, List<MigrationStep> Steps, List<Migrated>? Providers = null)
{
    /// <summary>In a trial: files that cannot be rolled back.</summary>
    public List<string>? NotTried { get; init; }

    /// <summary>Files that <c>--to</c> or <c>--phase</c> leaves for later; null: neither was given.</summary>
    public List<string>? Waiting { get; init; }

    /// <summary>What was looked at afterwards; null: nothing was changed.</summary>
    public ProviderChecked? Checked { get; init; }
}
