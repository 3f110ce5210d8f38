using System.CommandLine;
using System.Globalization;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Constraints;
using Holdfast.Providers.Configuration;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema constraint fix</c>: brings CHECKs to the enums in code without stopping anybody.</summary>
internal static class SchemaConstraintFixCommand
{
    private static readonly Argument<string?> Name = new("name") { Description = "One check (as 'schema constraint list' names it), TABLE.COLUMN or a table; all without it.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<int> LockWait = new("--lock-wait") { Description = "How many seconds to wait for a migration or another repair.", HelpName = "SECONDS", DefaultValueFactory = _ => 60 };

    public static Command Create() => CommandFactory.Create("schema constraint fix",
        "Brings the CHECKs of a server to the enums in code while the application goes on, and proves it by test rows on that server. With several providers: backups first, the one that leads last, and none after one that failed.",
        "holdfast schema constraint fix session_memories_memory_type_check --provider main --yes", [Name, LockWait], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var checks = Choose(invocation.Get(Name));
        var fixes = ServerReports.Servers(invocation).Select(server => (Server: server, Fix: new ConstraintFix(ProviderEndpoints.Control(server), invocation.Target.Options.Schema, invocation.Target.Options.TimeProvider) { LockWaitMax = TimeSpan.FromSeconds(invocation.Get(LockWait)) })).ToList();
        // Every plan before the first change: what would be refused on the last server is not begun on the first.
        var items = new List<ConstraintFixItem>();
        foreach (var (server, fix) in fixes)
        {
            var plan = await fix.PlanAsync(checks, cancellationToken);
            Invocation.Note($"target: {server.Name}  {plan.Target}");
            foreach (var sql in plan.Steps.SelectMany(step => step.Statements)) Invocation.Note($"  {sql};");
            items.Add(Item(server.Name, plan.Steps.Count == 0 ? "right" : "planned", plan));
        }
        if (invocation.DryRun) return Print(invocation, new ConstraintFixed(true, false, items));
        if (items.Any(item => item.Steps.Count > 0)) Confirmation.Require(invocation, $"Run these statements on {string.Join(", ", items.Where(item => item.Steps.Count > 0).Select(item => item.Provider))}?");

        for (var i = 0; i < fixes.Count; i++)
        {
            var (server, fix) = fixes[i];
            try
            {
                var report = await fix.RunAsync(checks, Tell, cancellationToken);
                items[i] = Item(server.Name, report.Steps.Count == 0 ? "right" : "repaired", report);
            }
#pragma warning disable CA1031 // Told below, with what was done before it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                var error = CliError.Of(e);
                items[i] = items[i] with { State = "failed", Error = error.Message };
                for (var later = i + 1; later < items.Count; later++) items[later] = items[later] with { State = "not_reached" };
                Print(invocation, new ConstraintFixed(false, false, items));
                var rest = items.Count > i + 1 ? $" Not begun: {string.Join(", ", items.Skip(i + 1).Select(item => item.Provider))}." : "";
                return invocation.Note(error with { Message = $"{server.Name}: {error.Message}{rest}", Suggestion = error.Suggestion ?? "holdfast schema constraint check" });
            }
        }
        return Print(invocation, new ConstraintFixed(false, true, items));
    }

    private static void Tell(FixEvent what)
    {
        if (what.Waiting is { } waiting) Invocation.Note(waiting);
        else Invocation.Note($"{what.Step.Constraint}: {Naming.Snake(what.Step.Kind.ToString()).Replace('_', ' ')} done");
    }

    private static IReadOnlyList<ExpectedCheck> Choose(string? name)
    {
        if (name is null) return ExpectedCheck.All;
        List<ExpectedCheck> named = [.. ExpectedCheck.All.Where(check => name == check.Name || name == $"{check.Table.Name}.{check.Column.Name}" || name == check.Table.Name)];
        return named.Count > 0 ? named
            : throw new CliException(ExitCode.NotFound, $"No check of Holdfast is called '{name}'; there is: {string.Join(", ", ExpectedCheck.All.Select(check => check.Name))}.", "holdfast schema constraint list");
    }

    private static ConstraintFixItem Item(string provider, string state, FixReport report) => new(provider, state, report.Target, report.Server.Id,
        [.. report.Steps.Select(step => new ConstraintStepItem(step.Constraint, Naming.Snake(step.Kind.ToString()), [.. step.Statements], step.Milliseconds, step.ExclusiveMilliseconds))], report.ValuesProven, null);

    private static ExitCode Print(Invocation invocation, ConstraintFixed result) => invocation.Print(result, CliJson.Default.ConstraintFixed, writer =>
    {
        foreach (var item in result.Providers)
        {
            writer.WriteLine(item.State switch
            {
                "right" when result.DryRun => $"{item.Provider}: nothing to do",
                "planned" => $"{item.Provider}: {(result.DryRun ? "would run" : "planned")} {item.Steps.Count} steps",
                "failed" => $"{item.Provider}: failed",
                "not_reached" => $"{item.Provider}: not begun",
                _ => $"{item.Provider}: {item.State}; test rows of {item.ValuesProven} values taken, a forbidden one refused, on server {item.Server}",
            });
            foreach (var step in item.Steps.Where(_ => item.State == "repaired"))
                writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {step.Constraint} {step.Kind.Replace('_', ' ')}: {Figures.Milliseconds(step.Ms)}, exclusive {step.ExclusiveMs:0.0} ms"));
        }
    });
}

/// <summary>What a repair did on each provider. <c>complete</c>: all were repaired, or were right before.</summary>
internal sealed record ConstraintFixed(bool DryRun, bool Complete, List<ConstraintFixItem> Providers);

/// <summary>One provider: <c>planned</c>, <c>right</c> (nothing was to be done), <c>repaired</c>, <c>failed</c>, <c>not_reached</c>.</summary>
internal sealed record ConstraintFixItem(string Provider, string State, string Target, string Server, List<ConstraintStepItem> Steps, int ValuesProven, string? Error);

internal sealed record ConstraintStepItem(string Constraint, string Kind, List<string> Sql, double? Ms, double? ExclusiveMs);
