using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Migrations;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema undo</c>: takes migrations back.</summary>
internal static class SchemaUndoCommand
{
    private static readonly Option<int?> Steps = new("--steps") { Description = "How many migrations (default: 1).", HelpName = "N" };
    private static readonly Option<string> To = new("--to") { Description = "The version that shall be the last.", HelpName = "VERSION" };
    public static readonly Option<bool> AllowDataLoss = new("--allow-data-loss") { Description = "Take back also what has rows or values in it." };

    public static Command Create() => CommandFactory.Create("schema undo",
        "Takes back the last migrations by their undo files, after printing them. It is refused where rows would be lost.", "holdfast schema undo --steps 1 --yes",
        [Steps, To, AllowDataLoss, SchemaDriftCommand.Ignore, SchemaTargets.LockWait, SchemaTargets.LockTimeout, SchemaTargets.Directory, SchemaTargets.Schema], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var (steps, to) = (invocation.Get(Steps), invocation.Get(To));
        if (steps is not null && to is not null) throw new CliException(ExitCode.Usage, "--steps and --to are two ways to say the same; take one.");
        if (steps is < 1) throw new CliException(ExitCode.Usage, $"--steps is {steps}; it is a number from 1.");
        var options = SchemaTargets.Patience(invocation) with { AllowDataLoss = invocation.Get(AllowDataLoss) };
        var targets = SchemaTargets.Read(invocation, options);
        var gate = await SchemaChecks.GateAsync(invocation, options, cancellationToken);
        var undone = await SchemaRollout.RunAsync(targets, async (name, target) =>
        {
            SchemaTargets.Announce(name, target);
            var planned = await new SchemaUndo(target).PlanAsync(steps, to, cancellationToken);
            foreach (var step in planned)
            {
                Invocation.Note($"-- {step.Step.Script}\n{Terminal.Safe(step.Sql)}");
                foreach (var loss in step.Losses) Invocation.Note($"loses: {loss}");
            }
            if (planned.SelectMany(step => step.Losses).ToList() is { Count: > 0 } losses && !options.AllowDataLoss)
                throw new SchemaException($"{target.Name}: the undo would lose data: {string.Join("; ", losses)}. Nothing was changed. If that is meant: --allow-data-loss");
            if (invocation.DryRun) return new Migrated(name, [.. planned.Select(step => step.Step)]);
            if (!await SchemaChecks.IsDueAsync(gate, name, target, planned.Count > 0, cancellationToken)) return new Migrated(name, []);
            Confirmation.Require(invocation, $"Run {string.Join(", ", planned.Select(step => step.Step.Script))} on {name}?");
            var done = await new SchemaUndo(target).RunAsync(steps, to, UndoLoss.Remark(options), new SchemaProgress(targets.Count > 1 ? name : null), cancellationToken);
            return new Migrated(name, [.. done]) { Checked = await gate.AfterAsync(name, target, done, cancellationToken) };
        });
        return SchemaResult.Print(invocation, undone, invocation.DryRun ? "would take back with" : "taken back with", "nothing to take back");
    }
}
