using Holdfast.Operations.Schema.Catalogue;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>Compares a schema with what it should be: one difference for each thing and class.</summary>
internal static class SchemaComparison
{
    /// <param name="expected">As it should be.</param>
    /// <param name="actual">As it is.</param>
    /// <returns>In the order of kinds and names.</returns>
    public static IReadOnlyList<Difference> Compare(CatalogueSnapshot expected, CatalogueSnapshot actual)
    {
        // Two majors print a query in two ways; its portable text is compared then.
        var portable = expected.Facts.Major != actual.Facts.Major;
        var (without, differences) = (TablesNotLookedInto(expected, actual), new List<Difference>());
        foreach (var key in expected.Objects.Keys.Union(actual.Objects.Keys).Order())
        {
            if (IsPartOf(key, expected, actual, without)) continue;
            var (wanted, there) = (expected.Objects.GetValueOrDefault(key), actual.Objects.GetValueOrDefault(key));
            if (wanted is null || there is null) differences.Add(new Difference(DifferenceClass.OfWhole(wanted, there), wanted, there, []));
            else differences.AddRange(Compare(wanted, there, portable));
        }
        differences.AddRange(ColumnOrder(expected, actual, without));
        return differences;
    }

    private static IEnumerable<Difference> Compare(CatalogueObject wanted, CatalogueObject there, bool portable) =>
        wanted.Compared.Concat(there.Compared).Select(property => property.Key).Distinct()
            .Where(property => Value(wanted, property, portable) != Value(there, property, portable))
            .Select(property => (Property: property, Class: DifferenceClass.OfProperty(wanted, there, property)))
            .Where(change => change.Class is not null).GroupBy(change => change.Class!)
            .Select(group => new Difference(group.Key, wanted, there, [.. group.Select(change => change.Property).Order(StringComparer.Ordinal)]));

    private static string Value(CatalogueObject one, string property, bool portable) =>
        portable && one.Properties.TryGetValue($"~portable {property}", out var text) ? text : one[property];

    // One finding for a table that is missing or too much, or not the partition that it should be; none for each of its parts.
    private static HashSet<string> TablesNotLookedInto(CatalogueSnapshot expected, CatalogueSnapshot actual) =>
    [
        .. expected.Objects.Values.Concat(actual.Objects.Values).Where(one => one.Kind is ObjectKind.Table or ObjectKind.View)
            .Where(one => !(expected.Objects.TryGetValue(one.Key, out var wanted) && actual.Objects.TryGetValue(one.Key, out var there) && wanted["parents"] == there["parents"] && wanted["kind"] == there["kind"]))
            .Select(one => one.Name),
    ];

    private static bool IsPartOf(ObjectKey key, CatalogueSnapshot expected, CatalogueSnapshot actual, HashSet<string> tables)
    {
        if (ObjectKind.IsPart(key.Kind)) return tables.Contains(key.Parent);
        if (key.Kind != ObjectKind.Sequence) return false;
        var (wanted, there) = (expected.Objects.GetValueOrDefault(key), actual.Objects.GetValueOrDefault(key));
        var sequence = wanted ?? there!;
        // The sequence of an identity column comes and goes with that.
        if (sequence["~identity"] == "true" && (wanted is null || there is null)) return true;
        return sequence.Has("owned_by") && tables.Contains(sequence["owned_by"][..sequence["owned_by"].LastIndexOf('.')].Trim('"'));
    }

    private static IEnumerable<Difference> ColumnOrder(CatalogueSnapshot expected, CatalogueSnapshot actual, HashSet<string> without)
    {
        var wanted = expected.Of(ObjectKind.Column).ToLookup(column => column.Parent);
        var there = actual.Of(ObjectKind.Column).ToLookup(column => column.Parent);
        foreach (var table in wanted)
        {
            if (without.Contains(table.Key) || !there.Contains(table.Key)) continue;
            var (names, others) = (Names(table), Names(there[table.Key]));
            if (names.Intersect(others).SequenceEqual(others.Intersect(names))) continue;
            var one = expected.Find(ObjectKind.Table, "", table.Key)!;
            yield return new Difference(DriftClasses.ColumnOrder, one.With(("order", string.Join(", ", names))), actual.Find(ObjectKind.Table, "", table.Key)!.With(("order", string.Join(", ", others))), ["order"]);
        }
    }

    private static List<string> Names(IEnumerable<CatalogueObject> columns) =>
        [.. columns.OrderBy(column => int.Parse(column["position"], System.Globalization.CultureInfo.InvariantCulture)).Select(column => column.Name)];
}
