using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Migrations;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema resume</c>: goes on with a file that was cut or that failed.</summary>
internal static class SchemaResumeCommand
{
    public static Command Create() => CommandFactory.Create("schema resume",
        "Goes on with a migration without a transaction that was cut or failed, at the statement behind the last one that is done. An index that was left invalid is dropped and built again.",
        "holdfast schema resume", [SchemaTargets.LockWait, SchemaTargets.LockTimeout, SchemaMigrateCommand.AllowDestructive, SchemaUndoCommand.AllowDataLoss, SchemaDriftCommand.Ignore, SchemaTargets.Directory, SchemaTargets.Schema], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var options = SchemaTargets.Patience(invocation) with { AllowDestructive = invocation.Get(SchemaMigrateCommand.AllowDestructive), AllowDataLoss = invocation.Get(SchemaUndoCommand.AllowDataLoss) };
        var targets = SchemaTargets.Read(invocation, options);
        var gate = await SchemaChecks.GateAsync(invocation, options, cancellationToken);
        var resumed = await SchemaRollout.RunAsync(targets, async (name, target) =>
        {
            SchemaTargets.Announce(name, target);
            var migrator = new SchemaMigrator(target);
            if (invocation.DryRun)
                return new Migrated(name, [.. (await migrator.MakePlanAsync(cancellationToken)).Unfinished is { } row ? (MigrationStep[])[new MigrationStep(row.Version ?? "", row.Description, row.Script)] : []]);
            var isCut = (await migrator.MakePlanAsync(cancellationToken)).Unfinished is not null;
            if (!await SchemaChecks.IsDueAsync(gate, name, target, isCut, cancellationToken)) return new Migrated(name, []);
            if (await migrator.ResumeAsync(new SchemaProgress(targets.Count > 1 ? name : null), cancellationToken) is not { } done) return new Migrated(name, []);
            return new Migrated(name, [done]) { Checked = await gate.AfterAsync(name, target, [done], cancellationToken) };
        });
        return SchemaResult.Print(invocation, resumed, invocation.DryRun ? "would go on with" : "finished", "nothing was cut");
    }
}
