using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Providers.Configuration;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema</c>: migrations, lint, drift, constraints, indexes.</summary>
internal static class SchemaCommand
{
    private static readonly Option<int> LockWait = new("--lock-wait") { Description = "How many seconds to wait for another migration.", HelpName = "SECONDS", DefaultValueFactory = _ => 60 };

    public static Command Create() => CommandFactory.Group("schema", "The tables of PostgreSQL servers: migrations, lint, drift, constraints, indexes.",
        CommandFactory.Create("schema migrate", "Makes the tables, or brings them up to date. Any number may be started at once: one works. The local file does this by itself.",
            "holdfast schema migrate --provider main", [LockWait], MigrateAsync),
        SchemaDriftCommand.Create(), SchemaDiffCommand.Create(), SchemaDiffCommand.CreateDump(), SchemaDiffCommand.CreateFingerprint(),
        SchemaLintCommand.Create(), SchemaConstraintCommand.Create(), SchemaIndexCommand.Create());

    private static async Task<ExitCode> MigrateAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (invocation.Target.IsLocal)
        {
            invocation.AnnounceTarget();
            if (!invocation.DryRun) await using (await invocation.OpenAsync(cancellationToken)) { }
            return invocation.Print(new Migrated(invocation.Target.Name, []), CliJson.Default.Migrated, writer => writer.WriteLine("the local file is brought up to date whenever it is opened"));
        }
        // The backups first and the one that leads last: what a migration breaks is seen where it does the least harm.
        var migrated = new List<Migrated>();
        foreach (var server in invocation.Target.Servers.Reverse()) migrated.Add(await MigrateAsync(invocation, server, cancellationToken));
        var what = invocation.DryRun ? "would apply" : "applied";
        return invocation.Print(migrated is [var only] ? only : new Migrated(invocation.Target.Name, [.. migrated.SelectMany(one => one.Steps)], migrated), CliJson.Default.Migrated, writer =>
        {
            foreach (var (provider, steps, _) in migrated)
            {
                var before = migrated.Count == 1 ? "" : $"{provider}: ";
                if (steps.Count == 0) writer.WriteLine($"{before}up to date");
                foreach (var step in steps) writer.WriteLine($"{before}{what} {step.Script}");
            }
        });
    }

    private static async Task<Migrated> MigrateAsync(Invocation invocation, ProviderOptions server, CancellationToken cancellationToken)
    {
        // Migrations lead to the server itself: a pooler would lose their lock.
        var migrator = new SchemaMigrator(ProviderEndpoints.Control(server).ConnectionString, invocation.Target.Options.Schema) { LockWaitMax = TimeSpan.FromSeconds(invocation.Get(LockWait)) };
        Invocation.Note($"target: {server.Name}  {migrator.Target}");
        var steps = invocation.DryRun
            ? await migrator.PlanAsync(cancellationToken)
            : await migrator.MigrateAsync(new StepProgress(), cancellationToken);
        if (!invocation.DryRun && await migrator.PlanAsync(cancellationToken) is { Count: > 0 } left)
            throw new CliException(ExitCode.VerificationFailed, $"{server.Name}: {left.Count} migrations are still missing after the run, {left[0].Script} first.");
        return new Migrated(server.Name, [.. steps]);
    }

    private sealed class StepProgress : IProgress<MigrationStep>
    {
        public void Report(MigrationStep value) => Invocation.Note($"applying {value.Script} …");
    }
}

/// <summary>What was applied to a provider, or to each of several.</summary>
internal sealed record Migrated(string Provider, List<MigrationStep> Steps, List<Migrated>? Providers = null);
