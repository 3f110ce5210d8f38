using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Access;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast access plan</c>: the SQL that <c>access apply</c> would run.</summary>
internal static class AccessPlanCommand
{
    public static Command Create() => CommandFactory.Create("access plan",
        "Prints the SQL that 'access apply' would run now, and what only the provider's console can do. Changes nothing.",
        "holdfast access plan --provider main", [AccessCommand.RowSecurity, AccessCommand.NoRowSecurity, AccessCommand.Exclusive, AccessCommand.Shared, AccessCommand.TakeOver], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var options = AccessCommand.Options(invocation, takesOver: true);
        var plans = new List<AccessPlanned>();
        foreach (var (server, control) in AccessCommand.Servers(invocation))
        {
            Invocation.Note($"target: {server.Name}  {control.Target}");
            plans.Add(AccessPlanned.Of(server.Name, await control.PlanAsync(options, cancellationToken)));
        }
        return Print(invocation, plans);
    }

    public static ExitCode Print(Invocation invocation, List<AccessPlanned> plans) => invocation.Print(plans, CliJson.Default.ListAccessPlanned, writer =>
    {
        foreach (var plan in plans)
        {
            // A script that psql takes as it is, with an error as an end.
            writer.WriteLine($"-- {plan.Provider}: roles that are missing are made, the rest may be run any number of times; all in one transaction");
            writer.WriteLine("\\set ON_ERROR_STOP on");
            writer.WriteLine("begin;");
            foreach (var statement in plan.Statements) writer.WriteLine(statement + ";");
            writer.WriteLine("commit;");
            Note(plan);
        }
    });

    public static void Note(AccessPlanned plan)
    {
        foreach (var note in plan.Notes) Invocation.Note($"{plan.Provider}: {note}");
        foreach (var step in plan.ByHand) Invocation.Note($"{plan.Provider}: by hand{(step.IsRequired ? ", first" : "")}: {step.Sql};  -- {step.Why}");
    }
}

/// <summary>What would be done on a provider.</summary>
internal sealed record AccessPlanned(string Provider, List<string> Statements, List<ManualStep> ByHand, List<string> Notes)
{
    public static AccessPlanned Of(string provider, AccessPlan plan) => new(provider, [.. plan.Statements], [.. plan.ByHand], [.. plan.Notes]);
}
