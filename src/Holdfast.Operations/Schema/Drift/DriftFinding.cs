using Holdfast.Operations.Schema.Catalogue;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>A finding in the form of splinter's lints, so that what reads those reads these, and beside it where it was found.</summary>
/// <param name="Name">The class: <see cref="DriftClass.Key"/>.</param>
/// <param name="Title">The class in words.</param>
/// <param name="Level">How bad.</param>
/// <param name="Categories">What suffers.</param>
/// <param name="Description">What happens when nobody acts.</param>
/// <param name="Detail">What differs, with both values.</param>
/// <param name="Remediation">What to do.</param>
/// <param name="Metadata">The object: <c>schema</c>, <c>type</c>, <c>name</c>, and what differs.</param>
/// <param name="CacheKey">Names the finding in ignore files; alike on every provider.</param>
/// <param name="Provider">Where it was found.</param>
/// <param name="Repairable">Whether a repair plan has statements for it.</param>
internal sealed record DriftFinding(
    string Name, string Title, DriftLevel Level, IReadOnlyList<string> Categories, string Description, string Detail, string Remediation,
    IReadOnlyDictionary<string, string> Metadata, string CacheKey, string Provider, bool Repairable)
{
    /// <param name="difference">What was found.</param>
    /// <param name="provider">Where.</param>
    /// <param name="schema">The schema's name.</param>
    /// <param name="repairable">Whether a repair plan has statements for it.</param>
    /// <param name="run">The command that mends it; null: the repair or a person.</param>
    public static DriftFinding Of(Difference difference, string provider, string schema, bool repairable, string? run = null)
    {
        var (found, one) = (difference.Class, difference.Object);
        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["schema"] = schema, ["type"] = one.Kind, ["name"] = one.FullName };
        foreach (var property in difference.Properties)
        {
            metadata[$"expected_{property}"] = difference.Expected![property].Replace(CanonicalText.Schema, schema, StringComparison.Ordinal);
            metadata[$"actual_{property}"] = difference.Actual![property].Replace(CanonicalText.Schema, schema, StringComparison.Ordinal);
        }
        // Of a thing that nothing declares all is told, since a repair may take it off.
        if (difference.Expected is null)
            foreach (var (name, value) in one.Compared) metadata[$"actual_{name}"] = value.Replace(CanonicalText.Schema, schema, StringComparison.Ordinal);
        if (run is not null) metadata["run"] = run;
        return new DriftFinding(found.Key, found.Title, LevelOf(difference), [found.Category], found.Danger, difference.Detail.Replace(CanonicalText.Schema, schema, StringComparison.Ordinal),
            run is null ? found.Remedy : $"{found.Remedy} Run: {run}", metadata, difference.CacheKey, provider, repairable);
    }

    public static DriftFinding OfHistory(string detail, string provider, string schema, string run) => new(
        DriftClasses.History.Key, DriftClasses.History.Title, DriftClasses.History.Level, [DriftClasses.History.Category], DriftClasses.History.Danger, $"{detail} Run: {run}", DriftClasses.History.Remedy,
        new SortedDictionary<string, string>(StringComparer.Ordinal) { ["schema"] = schema, ["type"] = "history", ["name"] = "schema_versions", ["run"] = run }, $"{DriftClasses.History.Key} history schema_versions", provider, false);

    // A NOT NULL column that nobody fills, and a unique index that nobody knows, refuse rows.
    private static DriftLevel LevelOf(Difference difference) => difference switch
    {
        { Class: var one, Actual: { Kind: ObjectKind.Column } column } when one == DriftClasses.ColumnExtra && column["not_null"] == "true" && !column.Has("default") && !column.Has("generated") && !column.Has("identity") => DriftLevel.Error,
        { Class: var one, Actual: { } index } when one == DriftClasses.IndexExtra && index["definition"].StartsWith("CREATE UNIQUE", StringComparison.Ordinal) => DriftLevel.Error,
        { Class: var one, Object: var index } when one == DriftClasses.IndexMissing && index["definition"].StartsWith("CREATE UNIQUE", StringComparison.Ordinal) => DriftLevel.Error,
        { Class: var one, Expected: null } when one == DriftClasses.Partition || one == DriftClasses.FunctionBody || one == DriftClasses.ViewDefinition || one == DriftClasses.Extension || one == DriftClasses.Sequence || one == DriftClasses.Enum || one == DriftClasses.Domain => DriftLevel.Warn,
        { Class: var one, Actual: not null } when one == DriftClasses.Extension => DriftLevel.Warn,
        _ => difference.Class.Level,
    };
}
