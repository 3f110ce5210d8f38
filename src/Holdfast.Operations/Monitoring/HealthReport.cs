using System.Globalization;

namespace Holdfast.Operations.Monitoring;

/// <summary>The report of the older health monitor, field by field and line by line, for those who read it already.</summary>
/// <param name="Timestamp">When.</param>
/// <param name="Providers">Each provider by its name.</param>
/// <param name="QueryPerformance">A small query at the provider that leads.</param>
/// <param name="TableCounts">Rows of the critical tables there; null: unknown.</param>
/// <param name="Verdict">The verdict of <c>status</c>.</param>
internal sealed record HealthReport(
    DateTimeOffset Timestamp, IReadOnlyDictionary<string, ProviderHealth> Providers, QueryHealth QueryPerformance, IReadOnlyDictionary<string, long?> TableCounts, StatusVerdict Verdict)
{
    private const int Width = 60;

    /// <summary>The tables that the older report counts.</summary>
    public static readonly string[] CriticalTables = ["session_memories", "knowledge_atoms", "settings"];

    public static HealthReport Of(StatusReport status)
    {
        var asked = status.Providers.FirstOrDefault(provider => provider.Name == status.Primary) ?? status.Providers.FirstOrDefault(provider => provider.Answers);
        return new(status.At,
            status.Providers.ToDictionary(provider => provider.Name, provider => new ProviderHealth(
                provider.IsHealthy, provider.LatencyMilliseconds, provider.IsHealthy ? null : provider.IsDrained ? "Drained by the operator" : provider.Message ?? provider.Cause, status.At, provider.State)),
            new QueryHealth(asked is { Answers: true }, asked?.LatencyMilliseconds, asked is { Answers: true } ? null : asked?.Message ?? "no provider answers"),
            CriticalTables.ToDictionary(name => name, name => asked is null ? null : status.Tables.FirstOrDefault(table => table.Name == name)?.Rows.GetValueOrDefault(asked.Name)),
            status.Verdict);
    }

    public void Write(TextWriter writer)
    {
        writer.WriteLine(new string('=', Width));
        writer.WriteLine($"MEMORY SYSTEM HEALTH CHECK - {Timestamp.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}");
        writer.WriteLine(new string('=', Width));
        writer.WriteLine();
        writer.WriteLine("[PROVIDERS]");
        foreach (var (name, provider) in Providers)
        {
            writer.WriteLine($"{(provider.Healthy ? "[OK]  " : "[DOWN]")} {name,-15} | Latency: {Latency(provider.Healthy ? provider.LatencyMs : null)}");
            if (provider.Error is { } error) writer.WriteLine($"       Error: {error}");
        }
        writer.WriteLine();
        writer.WriteLine("[QUERY PERFORMANCE]");
        writer.WriteLine($"{(QueryPerformance.Healthy ? "[OK]" : "[FAIL]")} Test query: {Latency(QueryPerformance.LatencyMs)}");
        writer.WriteLine();
        writer.WriteLine("[TABLE COUNTS]");
        foreach (var (name, rows) in TableCounts)
            writer.WriteLine($"  {name,-20}: {rows?.ToString("N0", CultureInfo.InvariantCulture) ?? "unknown",7} rows");
        writer.WriteLine();
        writer.WriteLine(new string('-', Width));
        var healthy = Providers.Values.Count(provider => provider.Healthy);
        writer.WriteLine($"{(healthy == 0 ? "[CRITICAL]" : Verdict.Level == StatusLevel.Well ? "[OK]" : "[WARNING]")} {healthy}/{Providers.Count} providers healthy");
        writer.WriteLine(new string('=', Width));
    }

    private static string Latency(double? milliseconds) => milliseconds is { } ms ? ms.ToString("0", CultureInfo.InvariantCulture) + "ms" : "N/A";
}

/// <summary>A provider in the older report. Healthy means that it takes writes.</summary>
internal sealed record ProviderHealth(bool Healthy, double? LatencyMs, string? Error, DateTimeOffset CheckedAt, string State);

/// <summary>A small query in the older report.</summary>
internal sealed record QueryHealth(bool Healthy, double? LatencyMs, string? Error);
