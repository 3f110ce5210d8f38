using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Drift;

namespace Holdfast.Cli.Commands;

/// <summary>What <c>schema drift --repair</c> does after the comparison.</summary>
internal static class SchemaRepairRun
{
    /// <summary>What is to be mended: all that differs and is not accepted.</summary>
    public static IReadOnlyList<Difference> Wanted(ProviderDrift drift, IgnoreFile? ignored) =>
        [.. drift.Differences.Where(difference => ignored is null || !drift.Findings.Any(finding => finding.CacheKey == difference.CacheKey && ignored.Covers(finding)))];

    public static async Task<(List<ProviderDrift> Drifts, List<RepairedFinding> Repaired)> RunAsync(
        Invocation invocation, IReadOnlyList<DriftTarget> all, List<ProviderDrift> drifts, DriftOptions options, IgnoreFile? ignored, CancellationToken cancellationToken)
    {
        var drift = drifts.Single();
        if (drift.Error is not null) throw drift.Error;
        var wanted = Wanted(drift, ignored);
        if (wanted.Count == 0) return (drifts, []);
        var proof = await DriftRepair.ProveAsync(drift, wanted, cancellationToken);
        foreach (var (step, reason) in proof.Refused) Invocation.Note($"not in the plan: {step.Difference.CacheKey}: {Terminal.Safe(reason)}");
        // Nobody is asked about a plan that does not hold.
        DriftRepair.Require(proof, drift.Target.Name);
        foreach (var step in proof.Proved)
        {
            if (step.Danger is { } danger) Invocation.Note($"  -- danger: {Terminal.Safe(danger)}");
            foreach (var sql in step.Statements) Invocation.Note($"  {sql.Replace(CanonicalText.Schema, options.Schema, StringComparison.Ordinal)};");
        }
        if (invocation.DryRun) return (drifts, [.. proof.Proved.Select(step => Item(step, options, done: false))]);
        if (proof.Proved.Count == 0) return (drifts, []);
        Confirmation.Require(invocation, $"Run these {proof.Proved.Sum(step => step.Statements.Count())} statements on {drift.Target.Name} ({drift.Target.Address})?");

        var result = await new DriftRepair(options).RunAsync(drift, wanted, new RepairProgress(), cancellationToken);
        // Compared again from the beginning: with what the migrations make, and with the others.
        var after = await new DriftCheck(all, options).RunAsync(cancellationToken);
        var again = after.Providers.Single(provider => provider.Target.Name == drift.Target.Name);
        // Done is what the reading afterwards does not find any more; where there was none, nothing is known to be done.
        return ([again], [.. result.Proof.Proved.Select(step => Item(step, options, done: again.Error is null && !again.Findings.Any(finding => finding.CacheKey == step.Difference.CacheKey)))]);
    }

    private static RepairedFinding Item(RepairStep step, DriftOptions options, bool done) =>
        new(step.Difference.CacheKey, done, [.. step.Statements.Select(sql => sql.Replace(CanonicalText.Schema, options.Schema, StringComparison.Ordinal))]);

    private sealed class RepairProgress : IProgress<string>
    {
        public void Report(string value) => Invocation.Note($"repairing: {value}");
    }
}
