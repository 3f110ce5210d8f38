namespace Holdfast.Operations.Schema.Constraints;

internal enum FixStepKind
{
    /// <summary>Removes what an ended run left and nothing needs any more.</summary>
    DropLeftover,
    /// <summary>Adds the new check for new rows only.</summary>
    Add,
    /// <summary>Reads all rows; writers go on.</summary>
    Validate,
    /// <summary>Drops the old checks and gives the new one its name (unless it has it), in one transaction.</summary>
    Swap,
}

/// <summary>One step of a repair, as it is shown and as it is run.</summary>
/// <param name="Constraint">The check that it serves.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Statements">Its SQL.</param>
internal sealed record FixStep(string Constraint, FixStepKind Kind, IReadOnlyList<string> Statements)
{
    /// <summary>Whether nobody else can use the table meanwhile.</summary>
    public bool IsExclusive => Kind != FixStepKind.Validate;

    /// <summary>How long it took, waiting included, in milliseconds; null before it ran.</summary>
    public double? Milliseconds { get; init; }

    /// <summary>How long the table was locked for everybody, in milliseconds of the server's clock; null before it ran.</summary>
    public double? ExclusiveMilliseconds { get; init; }
}

/// <summary>The shortest way from what stands there to what must: decides only.</summary>
internal static class FixPlan
{
    public static IReadOnlyList<FixStep> Of(string schema, ExpectedCheck expected, CheckSet live)
    {
        var alter = $"alter table {schema}.{expected.Table.Name}";
        if (live.Own is { } own && CheckComparison.IsSame(expected, own))
            return [.. Steps(
                live.Leftover is null ? null : new(expected.Name, FixStepKind.DropLeftover, [$"{alter} drop constraint {expected.BuildName}"]),
                own.IsValidated ? null : new(expected.Name, FixStepKind.Validate, [$"{alter} validate constraint {expected.Name}"]),
                live.Others.Count == 0 ? null : new(expected.Name, FixStepKind.Swap, [$"{alter} {string.Join(", ", live.Others.Select(other => $"drop constraint {other.QuotedName}"))}"]))];

        // What a run that was ended has built is taken up where it stands, unless it was built for another enum.
        var (isBuilt, isValidated) = live.Leftover is { } leftover && CheckComparison.IsSame(expected, leftover) ? (true, leftover.IsValidated) : (false, false);
        var add = $"{alter} add constraint {expected.BuildName} check ({expected.Condition}) not valid";
        var drops = live.Others.Select(other => other.QuotedName).Concat(live.Own is null ? [] : [expected.Name]).Select(name => $"drop constraint {name}").ToList();
        return [.. Steps(
            isBuilt ? null : new(expected.Name, FixStepKind.Add, live.Leftover is null ? [add] : [$"{alter} drop constraint {expected.BuildName}", add]),
            isValidated ? null : new(expected.Name, FixStepKind.Validate, [$"{alter} validate constraint {expected.BuildName}"]),
            new(expected.Name, FixStepKind.Swap, [.. drops.Count == 0 ? Array.Empty<string>() : [$"{alter} {string.Join(", ", drops)}"], $"{alter} rename constraint {expected.BuildName} to {expected.Name}"]))];
    }

    private static IEnumerable<FixStep> Steps(params FixStep?[] steps) => steps.OfType<FixStep>();
}
