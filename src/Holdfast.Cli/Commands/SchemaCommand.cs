using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema;
using Holdfast.Providers.Configuration;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema</c>: migrate.</summary>
internal static class SchemaCommand
{
    private static readonly Option<int> LockWait = new("--lock-wait") { Description = "How many seconds to wait for another migration.", HelpName = "SECONDS", DefaultValueFactory = _ => 60 };

    public static Command Create() => CommandFactory.Group("schema", "The tables of a PostgreSQL server: migrate.",
        CommandFactory.Create("schema migrate", "Makes the tables, or brings them up to date. Any number may be started at once: one works. The local file does this by itself.",
            "holdfast schema migrate --provider main", [LockWait], MigrateAsync));

    private static async Task<ExitCode> MigrateAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (invocation.Target.IsLocal)
        {
            invocation.AnnounceTarget();
            if (!invocation.DryRun) await using (await invocation.OpenAsync(cancellationToken)) { }
            return invocation.Print(new Migrated(invocation.Target.Name, []), CliJson.Default.Migrated, writer => writer.WriteLine("the local file is brought up to date whenever it is opened"));
        }
        // Migrations lead to the server itself: a pooler would lose their lock.
        if (invocation.Target.Servers is not [var server])
            throw new CliException(ExitCode.Usage, $"Several providers are set: {invocation.Target.Address}.", "Migrate one after the other: --provider NAME.");
        var migrator = new SchemaMigrator(ProviderEndpoints.Control(server).ConnectionString, invocation.Target.Options.Schema) { LockWaitMax = TimeSpan.FromSeconds(invocation.Get(LockWait)) };
        Invocation.Note($"target: {invocation.Target.Name}  {migrator.Target}");
        var steps = invocation.DryRun
            ? await migrator.PlanAsync(cancellationToken)
            : await migrator.MigrateAsync(new StepProgress(), cancellationToken);
        if (!invocation.DryRun && await migrator.PlanAsync(cancellationToken) is { Count: > 0 } left)
            throw new CliException(ExitCode.VerificationFailed, $"{left.Count} migrations are still missing after the run, {left[0].Script} first.");
        var what = invocation.DryRun ? "would apply" : "applied";
        return invocation.Print(new Migrated(invocation.Target.Name, [.. steps]), CliJson.Default.Migrated, writer =>
        {
            if (steps.Count == 0) writer.WriteLine("up to date");
            foreach (var step in steps) writer.WriteLine($"{what} {step.Script}");
        });
    }

    private sealed class StepProgress : IProgress<MigrationStep>
    {
        public void Report(MigrationStep value) => Invocation.Note($"applying {value.Script} …");
    }
}

internal sealed record Migrated(string Provider, List<MigrationStep> Steps);
