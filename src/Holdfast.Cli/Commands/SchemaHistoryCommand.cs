using System.CommandLine;
using System.Globalization;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Migrations;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema history</c>: everything that was run on a server.</summary>
internal static class SchemaHistoryCommand
{
    public static Command Create() => CommandFactory.Create("schema history",
        "Every migration, undo and repair that was run on each provider: when, by whom, how long, and what was overridden.", "holdfast schema history --provider main",
        [SchemaTargets.Directory, SchemaTargets.Schema], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var reports = await ServerReports.ReadAsync(SchemaTargets.Read(invocation), target => target.ReadAsync(cancellationToken), cancellationToken);
        var histories = reports.Select(report => new ProviderHistory(report.Name, report.Result is { } rows ? [.. rows.Select(HistoryItem.Of)] : null, report.Problem)).ToList();
        invocation.Print(histories, CliJson.Default.ListProviderHistory, writer =>
        {
            foreach (var history in histories)
            {
                if (histories.Count > 1) writer.WriteLine($"{history.Provider}:{(history.Problem is { } problem ? $" not read: {Terminal.Safe(problem)}" : "")}");
                if (history.Rows is null) continue;
                TextColumns.Write(writer, ["RANK", "SCRIPT", "STATE", "DONE", "STARTED", "TOOK", "WAITED", "BY", "HOST", "CHAIN", "REMARK"], history.Rows.Select(row => new[]
                {
                    row.Rank.ToString(CultureInfo.InvariantCulture), row.Script, row.State, $"{row.LastStatement}/{row.Statements}", Figures.Time(row.StartedAt),
                    Figures.Milliseconds(row.DurationMs), Figures.Milliseconds(row.LockWaitMs), row.AppliedBy, row.Host, row.ChainHash.Length > 12 ? row.ChainHash[..12] : "-", row.Error ?? "",
                }));
            }
        });
        return ServerReports.End(invocation, reports);
    }
}

/// <summary>A provider's history, or why it could not be read.</summary>
internal sealed record ProviderHistory(string Provider, List<HistoryItem>? Rows, string? Problem);

/// <summary>A row of it.</summary>
internal sealed record HistoryItem(
    long Rank, string? Version, string Kind, string Script, string Checksum, string ChainHash, string State, long Statements, long LastStatement, string? Error,
    string AppliedBy, string ToolVersion, string Host, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, long? LockWaitMs, long? DurationMs)
{
    public static HistoryItem Of(HistoryRow row) => new(row.Rank, row.Version, row.Kind, row.Script, row.Checksum, row.ChainHash, row.State, row.Statements, row.LastStatement, row.Error,
        row.AppliedBy, row.ToolVersion, row.Host, row.StartedAt, row.FinishedAt, row.LockWaitMs, row.DurationMs);
}
