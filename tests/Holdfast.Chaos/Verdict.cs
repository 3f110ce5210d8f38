using System.Globalization;
using Holdfast.Chaos.Schedules;

namespace Holdfast.Chaos;

/// <summary>What came out of a run.</summary>
/// <param name="Plan">What it did.</param>
/// <param name="Ok">Writes that were acknowledged.</param>
/// <param name="Info">Writes that nobody knows the end of.</param>
/// <param name="Fail">Writes that were refused.</param>
/// <param name="Conflicts">Rows that lost against another of their key, and revisions that have their base in common with another; explained all.</param>
/// <param name="LongestMs">The longest that an acknowledgement took, processes that were stopped left out.</param>
/// <param name="Took">The whole run.</param>
/// <param name="Problems">What is wrong, a line each.</param>
internal sealed record Verdict(RunPlan Plan, int Ok, int Info, int Fail, int Conflicts, double LongestMs, TimeSpan Took, IReadOnlyList<string> Problems)
{
    public bool Holds => Problems.Count == 0;

    /// <summary>One line.</summary>
    public string Line => string.Create(CultureInfo.InvariantCulture,
        $"seed {Plan.Seed}: {Plan.FaultCount} faults, {Plan.Writers} writers, rows {Ok} ok / {Info} info / {Fail} fail, {Conflicts} conflicts, longest {LongestMs:0} ms, {Took.TotalSeconds:0.0} s: {(Holds ? "holds" : $"{Problems.Count} PROBLEMS")}");
}
