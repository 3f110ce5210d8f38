using Holdfast.Cli.Output;
using Holdfast.Operations.Monitoring;

namespace Holdfast.Cli.Commands;

/// <summary>All that is known of one provider.</summary>
/// <param name="Provider">How it is.</param>
/// <param name="Tables">Its tables; empty: not counted.</param>
internal sealed record ProviderDetail(ProviderStatus Provider, List<TableCount> Tables)
{
    public static ExitCode Print(Invocation invocation, StatusReport status, ProviderStatus provider)
    {
        var tables = status.Tables.Where(table => table.Rows[provider.Name] is not null)
            .Select(table => new TableCount(table.Name, table.Rows[provider.Name]!.Value, table.Bytes[provider.Name])).ToList();
        var code = provider.IsHealthy ? ExitCode.Done : provider.Answers || provider.IsDrained ? ExitCode.Findings : ExitCode.Unreachable;
        return invocation.Print(new ProviderDetail(provider, tables), StatusJson.Default.ProviderDetail, writer => Write(writer, status, provider, tables), code);
    }

    private static void Write(TextWriter writer, StatusReport status, ProviderStatus provider, List<TableCount> tables)
    {
        string[][] facts =
        [
            ["provider", $"{provider.Name}  {provider.Endpoint}{(provider.IsPooled == true ? "  (a pooler)" : "")}"],
            ["role", provider.Role],
            ["state", $"{provider.State}{(provider.Since is { } since ? $" since {Figures.Time(since)}" : "")}"],
            ["cause", provider.Cause is null ? "-" : $"{provider.Cause}: {provider.Message}"],
            ["advice", provider.Advice ?? "-"],
            ["server", provider.ServerVersion is { } version ? $"PostgreSQL {version}" : Figures.Unknown],
            ["schema", provider.SchemaVersion ?? Figures.Unknown],
            ["tls", provider.TlsDays is { } days ? $"the certificate ends in {days} days" : provider.Answers ? "not encrypted" : Figures.Unknown],
            ["latency", provider.LatencyMilliseconds is { } latency ? Figures.Milliseconds(latency) : Figures.Unknown],
            ["reads", $"p50 {Figures.Milliseconds(provider.ReadP50Milliseconds)}, p95 {Figures.Milliseconds(provider.ReadP95Milliseconds)}, p99 {Figures.Milliseconds(provider.ReadP99Milliseconds)} (running processes)"],
            ["writes", $"p50 {Figures.Milliseconds(provider.WriteP50Milliseconds)}, p99 {Figures.Milliseconds(provider.WriteP99Milliseconds)} (running processes)"],
            ["waiting", $"{Figures.Count(provider.RowsWaiting)} rows{(provider.OldestWaiting is { } oldest ? $", the oldest for {StatusJudge.Span(status.At - oldest)}" : "")}; refused {Figures.Count(provider.RowsRefused)}"],
            ["size", Figures.Size(provider.Bytes)],
        ];
        foreach (var fact in facts) writer.WriteLine($"{fact[0],-10}{Terminal.Safe(fact[1])}");
        writer.WriteLine();
        TextColumns.Write(writer, ["RUNG", "STATE", "TOOK", "DETAIL"], provider.Steps.Select(step => new[] { step.Step, step.State, Figures.Milliseconds(step.Milliseconds), step.Detail }));
        if (tables.Count == 0) return;
        writer.WriteLine();
        TextColumns.Write(writer, ["TABLE", "ROWS", "SIZE"], tables.Select(table => new[] { table.Name, Figures.Count(table.Rows), Figures.Size(table.Bytes) }));
    }
}
