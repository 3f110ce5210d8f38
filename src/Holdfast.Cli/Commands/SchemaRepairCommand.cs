using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Migrations;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema repair</c>: accepts a file that was changed after it ran.</summary>
internal static class SchemaRepairCommand
{
    private static readonly Option<string> Reason = new("--reason") { Description = "Why the database is as the changed file says; the history keeps it.", HelpName = "TEXT", Required = true };

    public static Command Create() => CommandFactory.Create("schema repair",
        "Accepts migrations whose file was changed after it ran, the only way to do so, and writes down who did it and why. The tables are not touched.",
        "holdfast schema repair --reason \"a comment was added\" --yes", [Reason, SchemaTargets.LockWait, SchemaTargets.LockTimeout, SchemaTargets.Directory, SchemaTargets.Schema], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var reason = invocation.Get(Reason) is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : throw new CliException(ExitCode.Usage, "--reason is empty; it says why the change is right.");
        var targets = SchemaTargets.Read(invocation, SchemaTargets.Patience(invocation));
        var repaired = await SchemaRollout.RunAsync(targets, async (name, target) =>
        {
            SchemaTargets.Announce(name, target);
            var repair = new SchemaRepair(target);
            var found = await repair.PlanAsync(cancellationToken);
            foreach (var step in found) Invocation.Note($"{step.Script} {step.Problem}");
            if (found.Count > 0 && !invocation.DryRun)
            {
                Confirmation.Require(invocation, $"Is the database of {name} as {string.Join(", ", found.Select(step => step.Script))} says now?");
                found = await repair.RunAsync(reason, cancellationToken);
            }
            return new Migrated(name, [.. found.Select(step => new MigrationStep(step.Row.Version ?? "", step.File.Description, step.Script))]);
        });
        return SchemaResult.Print(invocation, repaired, invocation.DryRun ? "would accept" : "accepted", "nothing to repair");
    }
}
