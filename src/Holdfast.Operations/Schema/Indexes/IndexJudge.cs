namespace Holdfast.Operations.Schema.Indexes;

/// <summary>Says what is wrong with the indexes of a server. Decides only; reads and changes nothing.</summary>
internal static class IndexJudge
{
    /// <param name="here">The server.</param>
    /// <param name="others">The other providers: an index that one of them uses is not proposed.</param>
    /// <param name="isNamed">Whether the commands that are advised must name the schema.</param>
    public static IReadOnlyList<IndexFinding> Run(SchemaIndexes here, IReadOnlyList<SchemaIndexes> others, bool isNamed = true)
    {
        var advice = new IndexAdvice(here.Schema, isNamed);
        return [.. MissingDeclared(here, advice), .. MissingForKeys(here, advice), .. Invalid(here, advice), .. Duplicates(here, advice), .. Covered(here, advice), .. Unused(here, others, advice)];
    }

    private static IEnumerable<IndexFinding> MissingDeclared(SchemaIndexes here, IndexAdvice advice) => here.Declared
        .Where(declared => !here.Live.Any(live => live.Name == declared.Name))
        .Select(declared => new IndexFinding(IndexFindingKind.MissingDeclared, declared.Name, declared.Table, $"{declared.Script} declares it", advice.Build(declared.Name)));

    private static IEnumerable<IndexFinding> MissingForKeys(SchemaIndexes here, IndexAdvice advice) => here.UnindexedKeys
        .Select(key => new IndexFinding(IndexFindingKind.MissingForForeignKey, key.IndexName, key.Table, $"foreign key {key.Constraint} ({string.Join(", ", key.Columns)}): each delete of a parent reads the whole table", advice.Build(key)));

    private static IEnumerable<IndexFinding> Invalid(SchemaIndexes here, IndexAdvice advice) => here.Live.Where(live => (!live.IsValid || !live.IsReady) && !live.IsBeingBuilt && !live.IsPartitioned)
        .Select(live => live.IsReindexLeftover
            ? new IndexFinding(IndexFindingKind.Invalid, live.Name, live.Table, "left of a 'reindex concurrently' that was ended", advice.Drop(live.Name)) { Bytes = live.Bytes }
            : new IndexFinding(IndexFindingKind.Invalid, live.Name, live.Table, "its build failed or was ended: writers pay for it, no reader uses it", advice.Build(live.Name)) { Bytes = live.Bytes });

    private static IEnumerable<IndexFinding> Duplicates(SchemaIndexes here, IndexAdvice advice) => here.Live.Where(live => live.IsValid)
        .Select(live => (Live: live, Twin: TwinOf(here, live))).Where(pair => pair.Twin is not null)
        .Select(pair => new IndexFinding(IndexFindingKind.Duplicate, pair.Live.Name, pair.Live.Table, $"the same as {pair.Twin!.Name}, which stays",
            pair.Live.Constraint is { } constraint ? $"{advice.DropConstraint(pair.Live.Table, constraint)}, if nothing refers to it" : advice.Drop(pair.Live.Name)) { Bytes = pair.Live.Bytes });

    /// <summary>The index that is the same and stays, when this one may go.</summary>
    public static LiveIndex? TwinOf(SchemaIndexes here, LiveIndex index)
    {
        var same = here.Live.Where(live => live.IsValid && live.Shape == index.Shape).OrderBy(live => Rank(here, live)).ThenBy(live => live.Name, StringComparer.Ordinal).ToList();
        return same.Count > 1 && same[0].Name != index.Name && (!index.IsUnique || same[0].IsUnique) ? same[0] : null;
    }

    // Who stays: what others stand on, then what migrations know.
    private static int Rank(SchemaIndexes here, LiveIndex index) =>
        index.IsPrimary ? 0 : index.IsReplicaIdentity ? 1 : index.Constraint is not null ? 2 : index.IsUnique ? 3 : IsDeclared(here, index) ? 4 : 5;

    public static bool IsDeclared(SchemaIndexes here, LiveIndex index) => here.Declared.Any(declared => declared.Name == index.Name);

    private static IEnumerable<IndexFinding> Covered(SchemaIndexes here, IndexAdvice advice) =>
        from index in here.Live
        where index is { IsValid: true, KeptBy: null, KeyParts: not null } && !IsDeclared(here, index)
        let wider = here.Live.FirstOrDefault(live => live.IsValid && live.Frame == index.Frame && live.KeyParts is { } parts && parts.Count > index.KeyParts!.Count && parts.Take(index.KeyParts.Count).SequenceEqual(index.KeyParts))
        where wider is not null
        select new IndexFinding(IndexFindingKind.Covered, index.Name, index.Table, $"{wider.Name} begins with its columns", $"try without it; then {advice.Drop(index.Name)}") { Bytes = index.Bytes };

    private static IEnumerable<IndexFinding> Unused(SchemaIndexes here, IReadOnlyList<SchemaIndexes> others, IndexAdvice advice) =>
        from index in here.Live
        where index is { IsValid: true, KeptBy: null, Scans: 0, ServesForeignKey: false } && !IsDeclared(here, index) && TwinOf(here, index) is null
        where !others.Any(other => other.Live.Any(live => live.Name == index.Name && live.Table == index.Table && live.Scans > 0))
        select new IndexFinding(IndexFindingKind.Unused, index.Name, index.Table,
            $"no scan since {(here.StatisticsReset is { } reset ? reset.ToString("yyyy-MM-dd HH:mm'Z'", System.Globalization.CultureInfo.InvariantCulture) : "statistics began")}{(others.Count > 0 ? ", on no provider" : ", as far as this provider knows")}; a read replica or a restore may use it",
            advice.Drop(index.Name)) { Bytes = index.Bytes };
}
