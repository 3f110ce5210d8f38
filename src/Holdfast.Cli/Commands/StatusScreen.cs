using Holdfast.Cli.Output;
using Holdfast.Operations.Monitoring;

namespace Holdfast.Cli.Commands;

/// <summary>A status on one screen: the verdict first, the next command last.</summary>
internal static class StatusScreen
{
    public static void Write(TextWriter writer, StatusReport status)
    {
        writer.WriteLine(Terminal.Safe(status.Verdict.Sentence));
        writer.WriteLine();
        WriteProviders(writer, status);
        writer.WriteLine();
        writer.WriteLine($"route   {Route(status)}");
        writer.WriteLine($"spool   {Spool(status)}");
        WriteTables(writer, status);
        if (status.Processes.Count > 0)
        {
            writer.WriteLine();
            TextColumns.Write(writer, ["PROCESS", "PROGRAM", "FOR", "PRIMARY", "WAITING", ""], status.Processes.Select(process => new[]
            {
                $"{process.ProcessId}", process.Program, StatusJudge.Span(status.At - process.StartedAt), process.Primary ?? "none", Figures.Count(process.RowsWaiting),
                process.IsFrozen ? "frozen" : process.IsFailover ? "failover" : "",
            }));
        }
        writer.WriteLine();
        writer.WriteLine($"next: {status.Verdict.Next}");
    }

    public static void WriteProviders(TextWriter writer, StatusReport status) => TextColumns.Write(
        writer, ["PROVIDER", "ROLE", "STATE", "LATENCY", "READ P50/P95/P99", "WRITE P50/P99", "TLS", "WAITING", "SINCE", "CAUSE"], status.Providers.Select(provider => new[]
        {
            provider.Name, provider.Role, provider.State, provider.LatencyMilliseconds is { } latency ? Figures.Milliseconds(latency) : Figures.Unknown,
            Percentiles(provider.ReadP50Milliseconds, provider.ReadP95Milliseconds, provider.ReadP99Milliseconds), Percentiles(provider.WriteP50Milliseconds, provider.WriteP99Milliseconds),
            provider.TlsDays is { } days ? $"{days} d" : provider.Answers ? "-" : Figures.Unknown,
            provider.RowsWaiting is > 0 && provider.OldestWaiting is { } oldest ? $"{Figures.Count(provider.RowsWaiting)} ({StatusJudge.Span(status.At - oldest)})" : Figures.Count(provider.RowsWaiting),
            provider.Since is { } since ? Figures.Time(since) : "-",
            provider.IsHealthy ? "" : $"{provider.Cause}{(provider.Message is { } message ? $": {message}" : "")}",
        }));

    private static string Percentiles(params double?[] milliseconds) =>
        milliseconds.All(value => value is null) ? "-" : string.Join(" / ", milliseconds.Select(value => Figures.Milliseconds(value).Replace(" ms", "", StringComparison.Ordinal))) + " ms";

    private static string Route(StatusReport status) => string.Join("; ", new[]
    {
        status.Primary is { } primary ? $"{primary} leads{(status.PrimarySince is { } since ? $" since {Figures.Time(since)}" : "")}{(status.IsFailover ? " (failover)" : "")}" : "nobody leads: the local file alone takes writes",
        status.Use is { } use ? $"{use} was asked to lead by {status.ChangedBy}" : null,
        status.FrozenSince is { } frozen ? $"all writes are frozen since {Figures.Time(frozen)} by {status.ChangedBy}" : null,
    }.OfType<string>());

    private static string Spool(StatusReport status) => status.Spool switch
    {
        { Problem: { } problem } => $"unknown: {problem}",
        { Rows: 0, Bytes: var bytes, BytesMax: var max } => $"enough providers hold every row; {Figures.Size(bytes)} of {Figures.Size(max)}",
        { Rows: var rows, Oldest: var oldest, Bytes: var bytes, BytesMax: var max } =>
            $"{Figures.Count(rows)} {(rows == 1 ? "row waits" : "rows wait")} for enough holders{(oldest is { } time ? $", the oldest for {StatusJudge.Span(status.At - time)}" : "")}; {Figures.Size(bytes)} of {Figures.Size(max)}",
    };

    /// <summary>Tables with rows, a column for each provider; those that differ are marked.</summary>
    public static void WriteTables(TextWriter writer, StatusReport status)
    {
        var full = status.Tables.Where(table => table.Differs || table.Rows.Values.Any(rows => rows > 0)).ToList();
        writer.WriteLine();
        if (status.Tables.Count == 0) writer.WriteLine("tables  unknown: no provider counted them");
        else if (full.Count == 0) writer.WriteLine("tables  nothing is remembered yet");
        else TextColumns.Write(writer, ["TABLE", .. status.Providers.Select(provider => provider.Name.ToUpperInvariant()), ""], full.Select(table => (string[])
        [
            table.Name,
            .. status.Providers.Select(provider => table.Rows[provider.Name] is { } rows ? $"{Figures.Count(rows)} ({Figures.Size(table.Bytes[provider.Name])})" : Figures.Unknown),
            table.Differs ? "differs" : "",
        ]));
    }
}
