using Holdfast.Operations.Schema.Drift;

namespace Holdfast.Operations.Schema.Rollout;

/// <summary>A provider is not what its migrations make; the next one was not begun.</summary>
internal sealed class RolloutDriftException(string message, string next) : HoldfastException(message)
{
    /// <summary>The command that helps.</summary>
    public string Next => next;

    /// <param name="provider">Which.</param>
    /// <param name="findings">What differs; at least one.</param>
    /// <param name="origin">Where the migrations come from, as options of a command.</param>
    /// <param name="mayRepair">Whether a repair may be advised; not where only other providers say what should be.</param>
    public static RolloutDriftException Of(string provider, IReadOnlyList<DriftFinding> findings, string origin, bool mayRepair) => new(
        $"{provider} is not what its migrations make: {findings[0].Title}: {findings[0].Detail}{(findings.Count > 1 ? $" And {findings.Count - 1} more." : "")}",
        findings.Select(finding => finding.Metadata.GetValueOrDefault("run")).FirstOrDefault(run => run is not null)
            ?? $"holdfast schema drift{(mayRepair && findings[0].Repairable ? " --repair" : "")} --provider {provider}{origin}");
}
