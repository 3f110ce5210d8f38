using System.Globalization;

namespace Holdfast.Bench;

/// <summary>One round: ours and raw, one right after the other.</summary>
internal readonly record struct Round(double Ours, double Raw)
{
    public double Ratio => Ours / Raw;
}

/// <summary>A figure that must not be below, or not be above, a bound.</summary>
internal readonly record struct Target(bool AtLeast, double Bound, string Unit)
{
    public static Target Most(double bound, string unit = "×") => new(false, bound, unit);

    public static Target Least(double bound, string unit = "×") => new(true, bound, unit);

    public bool IsMet(double value) => AtLeast ? value >= Bound : value <= Bound;

    public override string ToString() => double.IsInfinity(Bound) ? "-" : $"{(AtLeast ? "≥" : "≤")} {Figure.Of(Bound)} {Unit}";
}

/// <summary>What was measured, with every round, so that the spread can be seen.</summary>
internal sealed record Measurement(string Work, string Unit, double Ours, double? Raw, double Value, Target Target, IReadOnlyList<Round> Rounds, string? Note = null)
{
    public bool Met => Target.IsMet(Value);

    /// <summary>By how much the target was missed, in parts of it.</summary>
    public string Missed => string.Create(CultureInfo.InvariantCulture, $"by {Math.Abs(Value / Target.Bound - 1):0 %}");

    public string Line => $"{Work}: ours {Figure.Of(Ours)} {Unit}, raw {(Raw is { } raw ? Figure.Of(raw) : "-")}, {Figure.Of(Value)} (target {Target}) {(Met ? "met" : "MISSED")}";

    /// <summary>The median of the rounds' ratios, not the ratio of medians: a disturbance hits both sides of its round.</summary>
    public static Measurement Ratio(string work, string unit, IReadOnlyList<Round> rounds, Target target, string? note = null) => new(
        work, unit, Figure.Median(rounds.Select(round => round.Ours)), Figure.Median(rounds.Select(round => round.Raw)),
        Figure.Median(rounds.Select(round => round.Ratio)), target, rounds, note);

    public static Measurement Absolute(string work, string unit, IReadOnlyList<double> values, Target target, string? note = null) =>
        new(work, unit, Figure.Median(values), null, Figure.Median(values), target, [.. values.Select(value => new Round(value, double.NaN))], note);
}

/// <summary>Numbers as the result prints them.</summary>
internal static class Figure
{
    public static string Of(double value) => value switch
    {
        >= 1000 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };

    /// <summary>The value that this share of all does not exceed.</summary>
    public static double Percentile(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted[Math.Max(0, (int)Math.Ceiling(sorted.Length * share) - 1)];
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
