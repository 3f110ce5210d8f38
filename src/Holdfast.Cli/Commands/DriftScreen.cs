using System.Globalization;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Drift;

namespace Holdfast.Cli.Commands;

/// <summary>How drift is shown to people.</summary>
internal static class DriftScreen
{
    public static void Write(TextWriter writer, DriftResult result, bool dryRun)
    {
        TextColumns.Write(writer, ["PROVIDER", "POSTGRESQL", "VERSION", "ERROR", "WARN", "INFO", "FINGERPRINT"], result.Providers.Select(provider => new[]
        {
            provider.Name, provider.Server ?? "-", provider.SchemaVersion ?? "-", Count(result, provider, "ERROR"), Count(result, provider, "WARN"), Count(result, provider, "INFO"), provider.Fingerprint?[..12] ?? "-",
        }));
        foreach (var provider in result.Providers.Where(provider => provider.Error is not null)) writer.WriteLine($"{provider.Name}: {Terminal.Safe(provider.Error!)}");
        foreach (var finding in result.Findings)
        {
            writer.WriteLine($"\n{finding.Level,-5}  {finding.Provider}  {finding.Name}{(finding.Repairable ? "" : "  (by hand)")}");
            writer.WriteLine($"       {Terminal.Safe(finding.Detail)}");
            writer.WriteLine($"       Danger: {finding.Description} Remedy: {finding.Remediation}");
            writer.WriteLine($"       cache_key: {finding.CacheKey}");
        }
        writer.WriteLine();
        foreach (var one in result.Repaired ?? []) writer.WriteLine($"{(one.Done ? "repaired" : dryRun ? "would be repaired" : "run, and not found to be repaired")}: {one.CacheKey}");
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(result.Findings.Count == 0 ? "no drift" : $"{result.Findings.Count} {(result.Findings.Count == 1 ? "finding" : "findings")}")}{Unread(result)}{(result.Ignored > 0 ? $", {result.Ignored} ignored" : "")} ({result.Seconds:0.00} s)"));
    }

    // What was not read may have drifted.
    private static string Unread(DriftResult result) =>
        result.Providers.Where(provider => provider.Error is not null).Select(provider => provider.Name).ToList() is { Count: > 0 } names ? $" on those that were read; not read: {string.Join(", ", names)}" : "";

    private static string Count(DriftResult result, DriftProviderItem provider, string level) =>
        provider.Error is not null ? "-" : result.Findings.Count(finding => finding.Provider == provider.Name && finding.Level == level).ToString(CultureInfo.InvariantCulture);
}

/// <summary>What a comparison of schemas came to.</summary>
internal sealed record DriftResult(bool Drifted, double Seconds, int Ignored, List<DriftProviderItem> Providers, List<DriftFindingItem> Findings, List<RepairedFinding>? Repaired = null)
{
    public static DriftResult Of(IReadOnlyList<ProviderDrift> drifts, IgnoreFile? ignored, double seconds, List<RepairedFinding>? repaired)
    {
        var all = drifts.SelectMany(drift => drift.Findings).ToList();
        var kept = all.Where(finding => ignored is null || !ignored.Covers(finding)).OrderByDescending(finding => finding.Level).Select(DriftFindingItem.Of).ToList();
        return new DriftResult(kept.Count > 0, Math.Round(seconds, 3), all.Count - kept.Count, [.. drifts.Select(DriftProviderItem.Of)], kept, repaired);
    }
}

/// <summary>A provider that was looked at, or why it could not be.</summary>
internal sealed record DriftProviderItem(string Name, string Address, string? Server, string? SchemaVersion, string? Fingerprint, string? Error, List<string>? NotJudged = null, List<string>? LeftOut = null)
{
    public static DriftProviderItem Of(ProviderDrift drift) => new(drift.Target.Name, drift.Target.Address, drift.Actual?.Facts.Version,
        drift.Actual is null ? null : HistoryCheck.Through(drift.Actual), drift.Actual?.Fingerprint, drift.Error?.Message,
        drift.NotJudged.Count > 0 ? [.. drift.NotJudged] : null, drift.LeftOut.Count > 0 ? [.. drift.LeftOut] : null);
}

/// <summary>A finding in splinter's form.</summary>
internal sealed record DriftFindingItem(
    string Name, string Title, string Level, List<string> Categories, string Description, string Detail, string Remediation, Dictionary<string, string> Metadata, string CacheKey, string Provider, bool Repairable)
{
    public static DriftFindingItem Of(DriftFinding finding) => new(finding.Name, finding.Title, finding.Level.ToString().ToUpperInvariant(), [.. finding.Categories], finding.Description, finding.Detail,
        finding.Remediation, new(finding.Metadata), finding.CacheKey, finding.Provider, finding.Repairable);
}

/// <summary>What was run, or would be, for a finding.</summary>
internal sealed record RepairedFinding(string CacheKey, bool Done, List<string> Statements);
