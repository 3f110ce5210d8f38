using Holdfast.Operations.Schema.Catalogue;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>
/// What a provider should be: its reference with what is declared beside it, and where those say nothing (privileges that no migration grants,
/// roles, settings, versions of extensions, the database's collation) what most of the providers have, the first of them where they are split.
/// </summary>
internal static class Expectation
{
    /// <summary>Marks what is expected because other providers have it, not because anything declares it.</summary>
    public const string Peers = "~peers";

    /// <param name="reference">What the provider's own migrations make.</param>
    /// <param name="own">The provider as it is.</param>
    /// <param name="all">All providers, the one that leads first; the provider itself among them.</param>
    public static CatalogueSnapshot Of(SchemaReference reference, CatalogueSnapshot own, IReadOnlyList<CatalogueSnapshot> all)
    {
        var objects = new Dictionary<ObjectKey, CatalogueObject>();
        var declared = reference.Declared;
        var declaresGrants = DeclaresGrants(reference.Snapshot);
        foreach (var (key, wanted) in reference.Snapshot.Objects)
        {
            // What stands outside of the schema the replay finds as it is.
            if (ObjectKind.IsOutside(key.Kind) || (key.Kind == ObjectKind.DefaultPrivileges && wanted["~in_schema"] != "true" && !(declared.Owner is not null && wanted["owner"] == GrantText.Owner))) continue;
            objects[key] = declared.IsDue ? AsFar(wanted, own, declared.Owner!) : Complete(wanted, declaresGrants, declared.Owner is not null, own, all);
        }
        // schema_versions of a directory that is not ours is made by the tool itself, not by its migrations.
        if (!objects.ContainsKey(History))
            foreach (var (key, one) in own.Objects.Where(pair => pair.Key == History || pair.Key.Parent == History.Name)) objects[key] = one;
        if (declared.IsDue)
            foreach (var one in own.InOrder.Where(one => one.Kind is ObjectKind.Function or ObjectKind.Trigger or ObjectKind.Policy or ObjectKind.DefaultPrivileges)) objects.TryAdd(one.Key, one);
        AddRoles(objects, declared, all);
        var declaresDefaults = declared.Owner is not null || objects.Keys.Any(key => key.Kind == ObjectKind.DefaultPrivileges);
        if (!declared.IsDue)
            foreach (var one in Agreed(ObjectKind.DefaultPrivileges, all).Where(one => !declaresDefaults || (one["~in_schema"] != "true" && !(declared.Owner is not null && one["owner"] == GrantText.Owner)))) objects.TryAdd(one.Key, one.With((Peers, "true")));
        AddExtensions(objects, reference, own, all);
        AddDatabase(objects, own, all);
        return reference.Snapshot with { Objects = objects };
    }

    /// <summary>All of another provider, where that one is the model; what belongs to its server alone is left out.</summary>
    public static CatalogueSnapshot OfModel(CatalogueSnapshot model, CatalogueSnapshot own)
    {
        var objects = model.Objects.Where(pair => pair.Key.Kind is not (ObjectKind.Extension or ObjectKind.Schema))
            .ToDictionary(pair => pair.Key, pair => pair.Value.With(("behind", null), ("collation_version", null), ("valid", pair.Value.Has("valid") ? "true" : null), (Peers, "true")));
        if (own.Find(ObjectKind.Schema, "", CanonicalText.Schema) is { } schema)
            objects[schema.Key] = schema.With(("grants", model.Find(ObjectKind.Schema, "", CanonicalText.Schema)?["grants"]), (Peers, "true"));
        foreach (var extension in model.Of(ObjectKind.Extension))
            objects[extension.Key] = model.Facts.Major == own.Facts.Major ? extension : extension.With(("version", own.Find(ObjectKind.Extension, "", extension.Name)?["version"] ?? extension["version"]));
        return model with { Objects = objects };
    }

    private static readonly ObjectKey History = new(ObjectKind.Table, "", "schema_versions");

    // Owners, privileges and row-level security are what the declaration makes; until it is done nothing can be said of them but whose it all should be.
    private static CatalogueObject AsFar(CatalogueObject wanted, CatalogueSnapshot own, string owner)
    {
        if (wanted.Kind == ObjectKind.Schema) return (own.Objects.GetValueOrDefault(wanted.Key) ?? wanted).With(("owner", owner), ("objects_owner", owner));
        return own.Objects.GetValueOrDefault(wanted.Key) is not { } there ? wanted
            : wanted.With([.. ((string[])["owner", "grants", "rls", "force_rls"]).Where(property => wanted.Has(property) || there.Has(property)).Select(property => (property, there.Properties.GetValueOrDefault(property)))]);
    }

    private static void AddRoles(Dictionary<ObjectKey, CatalogueObject> objects, Declaration declared, IReadOnlyList<CatalogueSnapshot> all)
    {
        var agreed = Agreed(ObjectKind.Role, all).ToDictionary(role => role.Key);
        foreach (var role in declared.Roles)
        {
            var stated = Lines(role["settings"]).Select(NameOf).ToHashSet(StringComparer.Ordinal);
            var others = agreed.TryGetValue(role.Key, out var peers) ? Lines(peers["settings"]).Where(setting => !stated.Contains(NameOf(setting))) : [];
            objects[role.Key] = role.With(("settings", string.Join('\n', Lines(role["settings"]).Concat(others).Order(StringComparer.Ordinal)) is { Length: > 0 } settings ? settings : null));
        }
        foreach (var role in agreed.Values) objects.TryAdd(role.Key, role.With((Peers, "true")));
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string NameOf(string setting) => setting.Split('=')[0];

    private static CatalogueObject Complete(CatalogueObject wanted, bool declaresGrants, bool statesOwners, CatalogueSnapshot own, IReadOnlyList<CatalogueSnapshot> all)
    {
        // Made in a scratch schema by whoever runs this: who owns the schema itself it cannot say.
        if (wanted.Kind == ObjectKind.Schema && !statesOwners)
            wanted = wanted.With(("owner", own.Objects.GetValueOrDefault(wanted.Key)?["owner"]), ("objects_owner", own.Facts.Owner), ("comment", own.Objects.GetValueOrDefault(wanted.Key)?.Properties.GetValueOrDefault("comment")));
        if (declaresGrants) return wanted;
        List<string> lists = [.. all.Select(one => one.Objects.GetValueOrDefault(wanted.Key)).OfType<CatalogueObject>().Select(one => Others(one["grants"]))];
        // Nobody has it: then what it has once it is made, by PostgreSQL itself and by the default privileges that are there.
        if (lists.Count == 0) return wanted.Has("grants") ? wanted.With(("grants", Made(wanted, own))) : wanted;
        var agreed = AgreedGrants(wanted, lists);
        var grants = string.Join('\n', wanted["grants"].Split('\n').Where(line => line.StartsWith(GrantText.Owner, StringComparison.Ordinal)).Concat(agreed.Split('\n')).Where(line => line.Length > 0));
        return wanted.With(("grants", grants.Length > 0 ? grants : null), (Peers, "true"));
    }

    // Open to all is only what the reference has open.
    private static string Made(CatalogueObject wanted, CatalogueSnapshot own)
    {
        var declared = GrantText.Parse(wanted["grants"]).ToHashSet();
        return string.Join('\n', GrantText.Parse(GrantDdl.Start(wanted, [.. CatalogueDdl.DefaultsOf(own).Where(one => one["~in_schema"] == "true")])).Where(grant => grant.Grantee != GrantText.Public || declared.Contains(grant)).Union(declared)
            .GroupBy(grant => grant.Grantee).OrderBy(grants => grants.Key, StringComparer.Ordinal).Select(grants => $"{grants.Key}={string.Join(',', grants.Select(grant => grant.Privilege).Order(StringComparer.Ordinal))}"));
    }

    private static bool DeclaresGrants(CatalogueSnapshot reference) => reference.Objects.Values.Any(one =>
        !ObjectKind.IsOutside(one.Kind) && one.Kind != ObjectKind.DefaultPrivileges && one.Has("grants") && Others(one["grants"]) != Others(GrantDdl.Default(one)));

    private static string Others(string grants) => string.Join('\n', grants.Split('\n').Where(line => !line.StartsWith(GrantText.Owner, StringComparison.Ordinal)));

    // What more than half of the providers have, as most of them have it.
    private static IEnumerable<CatalogueObject> Agreed(string kind, IReadOnlyList<CatalogueSnapshot> all) =>
        all.SelectMany(one => one.Of(kind)).GroupBy(one => one.Key).Where(group => group.Count() * 2 > all.Count || (group.Count() * 2 == all.Count && all[0].Objects.ContainsKey(group.Key)))
            .Select(group => group.First(one => TextOf(one) == (kind == ObjectKind.Role ? Leading([.. group.Select(TextOf)]) : Majority([.. group.Select(TextOf)]))));

    private static string TextOf(CatalogueObject one) => string.Join('\n', one.Compared.Select(property => $"{property.Key}={property.Value}"));

    // Split evenly: the longer list of privileges; a provider is more often short of one than it has one too many.
    private static string Majority(IReadOnlyList<string> values) =>
        values.Count == 0 ? "" : values.GroupBy(value => value).OrderByDescending(group => group.Count()).ThenByDescending(group => group.Key.Length).First().Key;

    // Split evenly, what is open to all on one side only is not what should be, unless PostgreSQL itself makes it so.
    private static string AgreedGrants(CatalogueObject wanted, IReadOnlyList<string> lists)
    {
        var agreed = Majority(lists);
        if (lists.Count(list => list == agreed) * 2 > lists.Count) return agreed;
        var usual = GrantText.Parse(GrantDdl.Default(wanted)).ToHashSet();
        return string.Join('\n', GrantText.Parse(agreed).Where(grant => grant.Grantee != GrantText.Public || usual.Contains(grant) || lists.All(list => GrantText.Parse(list).Contains(grant)))
            .GroupBy(grant => grant.Grantee).Select(grants => $"{grants.Key}={string.Join(',', grants.Select(grant => grant.Privilege))}"));
    }

    private static void AddExtensions(Dictionary<ObjectKey, CatalogueObject> objects, SchemaReference reference, CatalogueSnapshot own, IReadOnlyList<CatalogueSnapshot> all)
    {
        foreach (var extension in own.Of(ObjectKind.Extension).Where(one => !reference.Extensions.ContainsKey(one.Name)))
        {
            var peers = all.Where(one => one.Facts.Major == own.Facts.Major).Select(one => one.Find(ObjectKind.Extension, "", extension.Name)?["version"]).OfType<string>().ToList();
            objects[extension.Key] = extension.With(("version", Majority(peers)), (Peers, "true"));
        }
        foreach (var (name, version) in reference.Extensions)
            if (!ManagedNames.IsExtension(name) && reference.Snapshot.Find(ObjectKind.Extension, "", name) is { } wanted)
                objects[wanted.Key] = wanted.With(("version", version ?? wanted["~default_version"]));
    }

    private static void AddDatabase(Dictionary<ObjectKey, CatalogueObject> objects, CatalogueSnapshot own, IReadOnlyList<CatalogueSnapshot> all)
    {
        var database = own.Of(ObjectKind.Database).Single();
        objects[database.Key] = database.With([("collation_version", null), (Peers, "true"), .. ((string[])["encoding", "collate", "ctype", "settings"]).Select(property =>
            (property, Leading([.. all.Select(one => one.Of(ObjectKind.Database).Single()[property])]) is { Length: > 0 } value ? value : null))]);
    }

    // What most have; of an even split what the first has.
    private static string Leading(IReadOnlyList<string> values) =>
        values.GroupBy(value => value).Select((group, i) => (group, i)).OrderByDescending(one => one.group.Count()).ThenBy(one => one.i).First().group.Key;
}
