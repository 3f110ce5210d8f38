namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>The order in which things can be made: each behind what it needs, as the server itself has recorded it, else by kind and name.</summary>
internal static class CreationOrder
{
    /// <summary>Everything of a snapshot.</summary>
    public static IEnumerable<CatalogueObject> Of(CatalogueSnapshot snapshot)
    {
        // A column is made with its table, and has that one's id.
        var byId = snapshot.InOrder.Where(one => one.Kind != ObjectKind.Column && one.Has("~id")).ToLookup(one => one["~id"]);
        return Sorted(snapshot.InOrder.OrderBy(one => ObjectKind.Order(one.Kind)).ThenBy(one => one.Kind == ObjectKind.Constraint && one["type"] == "f"),
            one => one.Kind == ObjectKind.Column ? [] : snapshot.Needs[one["~id"]].Order(StringComparer.Ordinal).SelectMany(id => byId[id]).OrderBy(needed => needed.Key));
    }

    /// <summary>Each behind those that it needs, otherwise in the order given. Where two need each other one of them comes first all the same.</summary>
    public static IEnumerable<T> Sorted<T>(IEnumerable<T> all, Func<T, IEnumerable<T>> needs) where T : class
    {
        var (begun, sorted) = (new HashSet<T>(ReferenceEqualityComparer.Instance), new List<T>());
        void Visit(T one)
        {
            if (!begun.Add(one)) return;
            foreach (var needed in needs(one)) Visit(needed);
            sorted.Add(one);
        }

        foreach (var one in all) Visit(one);
        return sorted;
    }
}
