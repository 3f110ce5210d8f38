namespace Holdfast.Operations.Schema.Constraints;

/// <summary>Holds what a server has against what the code needs. Decides only; reads and changes nothing.</summary>
internal static class CheckComparison
{
    /// <summary>Every check of the catalogue, then those of the schema that no enum belongs to.</summary>
    public static IReadOnlyList<CheckStatus> Run(IReadOnlySet<string> tables, IReadOnlyList<LiveCheck> live)
    {
        var known = ExpectedCheck.All.Select(expected => (Expected: expected, Live: CheckSet.Of(expected, live))).ToList();
        var ours = known.SelectMany(pair => pair.Live.All).ToHashSet();
        return [.. known.Select(pair => Status(pair.Expected, pair.Live, tables.Contains(pair.Expected.Table.Name))),
            .. live.Where(check => !ours.Contains(check)).Select(check => new CheckStatus(check.Table, string.Join(", ", check.Columns), check.Name, CheckState.WithoutEnum, [], [], [], check.Definition, check.IsValidated ? null : "not validated"))];
    }

    public static CheckStatus Status(ExpectedCheck expected, CheckSet live, bool tableExists)
    {
        var (missing, extra) = Values(expected, live);
        var state = State(expected, live, missing, extra, tableExists);
        return new CheckStatus(expected.Table.Name, expected.Column.Name, expected.Name, state, missing, extra,
            [.. live.Others.Select(other => other.Name)], live.Own?.Definition, Note(expected, live));
    }

    private static CheckState State(ExpectedCheck expected, CheckSet live, IReadOnlyList<string> missing, IReadOnlyList<string> extra, bool tableExists) =>
        !tableExists ? CheckState.NoTable
        : live.Limits.Count == 0 && live.Own is null ? CheckState.Missing
        : missing.Count > 0 || extra.Count > 0 || live.Limits.All(check => check.IsOpen) || (live.Own is { } own && !IsSame(expected, own)) ? CheckState.Differs
        : live.Own is null ? CheckState.OtherName
        : !live.Own.IsValidated ? CheckState.NotValidated
        : live.Others.Count > 0 ? CheckState.OtherName
        : live.Leftover is not null ? CheckState.Leftover
        : CheckState.Equal;

    /// <summary>A value passes when every check on the column lets it in.</summary>
    private static (IReadOnlyList<string> Missing, IReadOnlyList<string> Extra) Values(ExpectedCheck expected, CheckSet live)
    {
        var limits = live.Limits.Where(check => check.Accepted is not null).ToList();
        if (limits.Count == 0) return ([], []);
        bool Passes(string value) => limits.All(check => check.Accepted!.Contains(value) || (check.IsOpen && !expected.Values.Contains(value)));
        return ([.. expected.Values.Where(value => !Passes(value))],
            [.. limits.SelectMany(check => check.Accepted!).Distinct().Where(value => !expected.Values.Contains(value) && Passes(value))]);
    }

    /// <summary>Whether a check that stands there lets in exactly what the code writes.</summary>
    public static bool IsSame(ExpectedCheck expected, LiveCheck check) =>
        check is { IsEnforced: true, IsOpen: false, Accepted: { } accepted } && accepted.ToHashSet(StringComparer.Ordinal).SetEquals(expected.Values);

    private static string? Note(ExpectedCheck expected, CheckSet live)
    {
        var notes = new List<string>();
        if (live.Own is { IsEnforced: false }) notes.Add("not enforced");
        else if (live.Own is { IsValidated: false }) notes.Add("not validated");
        if (live.Own is { Accepted: null }) notes.Add("its condition cannot be compared");
        if (live.Own is { IsOpen: true }) notes.Add("lets in any value");
        if (live.Leftover is not null) notes.Add($"{expected.BuildName} is left of a run that was ended");
        return notes.Count == 0 ? null : string.Join(", ", notes);
    }
}

/// <summary>The checks of a server that concern one check of the catalogue.</summary>
/// <param name="Own">The one under the right name.</param>
/// <param name="Leftover">The half-made one of a run that was ended.</param>
/// <param name="Others">Those of another name that list values for the column, or refuse one that the code writes.</param>
internal sealed record CheckSet(LiveCheck? Own, LiveCheck? Leftover, IReadOnlyList<LiveCheck> Others)
{
    public IEnumerable<LiveCheck> All => Others.Concat(new[] { Own, Leftover }.OfType<LiveCheck>());

    /// <summary>What decides on a value: enforced, under whichever name, but for what a run has half made.</summary>
    public IReadOnlyList<LiveCheck> Limits { get; } = [.. Others.Concat(new[] { Own }.OfType<LiveCheck>()).Where(check => check.IsEnforced)];

    public static CheckSet Of(ExpectedCheck expected, IReadOnlyList<LiveCheck> live)
    {
        var table = live.Where(check => check.Table == expected.Table.Name).ToList();
        return new CheckSet(table.FirstOrDefault(check => check.Name == expected.Name), table.FirstOrDefault(check => check.Name == expected.BuildName),
            [.. table.Where(check => check.Name != expected.Name && check.Name != expected.BuildName && IsRival(expected, check))]);
    }

    // A check of somebody's own that leaves our values alone (a length, say) is theirs.
    private static bool IsRival(ExpectedCheck expected, LiveCheck check) => check.LooksOnlyAt(expected.Column.Name)
        && check.Accepted is { } accepted && (!check.IsOpen || expected.Values.Any(value => !accepted.Contains(value)));
}
