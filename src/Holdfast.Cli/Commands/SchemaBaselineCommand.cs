using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Migrations;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema baseline</c>: adopts a schema that has no history.</summary>
internal static class SchemaBaselineCommand
{
    private static readonly Argument<string> Version = new("VERSION") { Description = "The last migration that is in the schema." };

    public static Command Create() => CommandFactory.Create("schema baseline",
        "Adopts a schema that is there without a history: its tables are looked at, then the migrations up to VERSION are recorded without being run.",
        "holdfast schema baseline 0003 --yes", [Version, SchemaTargets.LockWait, SchemaTargets.LockTimeout, SchemaTargets.Directory, SchemaTargets.Schema], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var targets = SchemaTargets.Read(invocation, SchemaTargets.Patience(invocation));
        var adopted = await SchemaRollout.RunAsync(targets, async (name, target) =>
        {
            SchemaTargets.Announce(name, target);
            var baseline = new SchemaBaseline(target);
            var steps = await baseline.RunAsync(invocation.Get(Version), dryRun: true, cancellationToken);
            if (invocation.DryRun) return new Migrated(name, [.. steps]);
            Confirmation.Require(invocation, $"Record {steps[0].Script} to {steps[^1].Script} as there already on {name}?");
            return new Migrated(name, [.. await baseline.RunAsync(invocation.Get(Version), dryRun: false, cancellationToken)]);
        });
        return SchemaResult.Print(invocation, adopted, invocation.DryRun ? "would adopt" : "adopted", "nothing to adopt");
    }
}
