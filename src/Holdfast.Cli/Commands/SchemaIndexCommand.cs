using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Indexes;
using Holdfast.Providers.Configuration;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema index</c>: check; build and drop stand in a file of their own.</summary>
internal static class SchemaIndexCommand
{
    internal static readonly Option<string> Schema = new("--schema") { Description = "Another schema than Holdfast's own: the indexes of your own tables.", HelpName = "NAME" };

    public static Command Create() => CommandFactory.Group("index", "The indexes of a server: check, build, drop.",
        CommandFactory.Create("schema index check", "Finds indexes that are missing (for a foreign key, or that a migration declares), invalid, double, or unused on every provider. Exit code 10 with findings.",
            "holdfast schema index check --provider main", [Schema], CheckAsync),
        SchemaIndexChangeCommand.CreateBuild(), SchemaIndexChangeCommand.CreateDrop());

    private static async Task<ExitCode> CheckAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var schema = SchemaOf(invocation);
        var reached = await ServerReports.ReadAsync(invocation, server => new IndexInspection(ProviderEndpoints.Control(server), schema).RunAsync(cancellationToken), cancellationToken);
        var providers = reached.Select(one => Item(one, [.. reached.Where(other => other != one && other.Result is not null).Select(other => other.Result!)], schema != invocation.Target.Options.Schema)).ToList();
        var report = new IndexReport(schema, providers);
        invocation.Print(report, CliJson.Default.IndexReport, writer => Write(writer, report));
        var found = providers.Sum(provider => provider.Findings.Count(finding => !finding.Hint));
        if (ServerReports.End(invocation, reached) is var code and not ExitCode.Done) return code;
        return found == 0 ? ExitCode.Done : ExitCode.Findings;
    }

    internal static string SchemaOf(Invocation invocation) => invocation.Get(Schema) ?? invocation.Target.Options.Schema;

    private static IndexProviderItem Item(ServerReport<SchemaIndexes> one, IReadOnlyList<SchemaIndexes> others, bool isNamed) => new(one.Name, one.Problem, one.Result?.Live.Count, one.Result?.StatisticsReset,
        one.Result is not { } here ? [] : [.. IndexJudge.Run(here, others, isNamed).Select(finding => new IndexFindingItem(Naming.Snake(finding.Kind.ToString()), finding.Index, finding.Table, finding.Detail, finding.Remedy, finding.IsHint, finding.Bytes))]);

    private static void Write(TextWriter writer, IndexReport report)
    {
        var rows = (from provider in report.Providers from finding in provider.Findings select (provider, finding)).ToList();
        if (rows.Count > 0)
            TextColumns.Write(writer, ["PROVIDER", "FINDING", "INDEX", "SIZE", "WHAT"], rows.Select(row => new[]
            {
                row.provider.Name, (row.finding.Hint ? "hint: " : "") + row.finding.Kind.Replace('_', ' '), row.finding.Index, row.finding.Bytes is { } bytes ? Figures.Size(bytes) : "-", row.finding.Detail,
            }));
        foreach (var remedy in rows.Select(row => row.finding.Remedy).Distinct()) writer.WriteLine($"  {remedy}");
        foreach (var provider in report.Providers.Where(provider => provider.Error is null))
            writer.WriteLine($"{provider.Name}: {provider.Indexes} indexes in {report.Schema}, scans counted since {(provider.StatisticsReset is { } reset ? Figures.Time(reset) : "the server was made (or lost its statistics)")}");
    }
}

/// <summary>What was found about the indexes of a schema, provider by provider.</summary>
internal sealed record IndexReport(string Schema, List<IndexProviderItem> Providers);

internal sealed record IndexProviderItem(string Name, string? Error, int? Indexes, DateTimeOffset? StatisticsReset, List<IndexFindingItem> Findings);

internal sealed record IndexFindingItem(string Kind, string Index, string Table, string Detail, string Remedy, bool Hint, long? Bytes);
