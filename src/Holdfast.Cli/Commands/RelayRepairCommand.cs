using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Relay.Digests;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast relay repair</c>: makes the providers equal, and reads them again.</summary>
internal static class RelayRepairCommand
{
    public static Command Create() => CommandFactory.Create("relay repair",
        "Copies what providers lack from where it is, then compares them again. With --deep also content that differs: what most say stands, the other is kept among the conflicts. Nothing is deleted.",
        "holdfast relay repair --dry-run",
        [RelayComparison.Names, RelayComparison.Deep, RelayComparison.Fresh, RelayComparison.Patience, RelayComparison.Examples], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var options = RelayComparison.Options(invocation, invocation.Target.Options);
        await using var reached = await RelayComparison.OpenAsync(invocation, cancellationToken);
        var before = await new StoreComparison(reached.Stores, options).RunAsync(cancellationToken);
        var examples = invocation.Get(RelayComparison.Examples);
        var found = RelayComparison.Result(before, reached, options.Deep, examples);
        if (invocation.DryRun)
        {
            invocation.Print(new RelayRepaired(true, [], [], found), CliJson.Default.RelayRepaired, writer =>
            {
                RelayComparison.Write(writer, found);
                if (!found.Equal) writer.WriteLine("\nwould be mended: what is missing or stands with another stamp is copied from where it is right");
            });
            return found is { Equal: true, Unreachable.Count: > 0 } ? RelayComparison.End(invocation, found, null) : ExitCode.Done;
        }
        var report = await new StoreRepair(reached.Stores, options).RunAsync(before, cancellationToken);
        var after = RelayComparison.Result(report.After, reached, options.Deep, examples);
        var result = new RelayRepaired(false, [.. report.Count.Done.Select(done => new RepairedItem(done.Table.Name, done.Provider, done.Copied, done.Settled))],
            [.. report.Count.RefusedRows.Select(row => new RefusedItem(row.Table.Name, row.Provider, row.Id, row.Error))], after);
        invocation.Print(result, CliJson.Default.RelayRepaired, writer =>
        {
            if (result.Done.Count == 0) writer.WriteLine(found.Equal ? "nothing to mend\n" : "nothing could be mended\n");
            else
            {
                TextColumns.Write(writer, ["TABLE", "PROVIDER", "COPIED", "SETTLED"], result.Done.Select(done => new[] { done.Table, done.Provider, Figures.Count(done.Copied), Figures.Count(done.Settled) }));
                writer.WriteLine();
            }
            foreach (var row in result.Refused) writer.WriteLine($"{row.Provider} refused {row.Table} {row.Id}: {Terminal.Safe(row.Error)}");
            RelayComparison.Write(writer, after);
        });
        return RelayComparison.End(invocation, after, result.Refused.Count > 0 ? "holdfast schema migrate" : "holdfast relay verify --deep --fresh");
    }
}

/// <summary>What was mended, and how the providers stand after it, read again.</summary>
internal sealed record RelayRepaired(bool DryRun, List<RepairedItem> Done, List<RefusedItem> Refused, RelayVerified Comparison);

internal sealed record RepairedItem(string Table, string Provider, long Copied, long Settled);

internal sealed record RefusedItem(string Table, string Provider, Guid Id, string Error);
