using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>
/// A snapshot as DDL, statement by statement, in an order in which it can be run: what <c>schema dump</c> prints, and how a
/// scratch copy of a schema is made. Equal schemas give equal text.
/// </summary>
internal static class CatalogueDdl
{
    /// <param name="snapshot">What is to be made.</param>
    /// <param name="maker">The role that makes it in the same database, where its default privileges for all schemas hold already; null: elsewhere.</param>
    public static IReadOnlyList<string> Statements(CatalogueSnapshot snapshot, string? maker = null)
    {
        List<CatalogueObject> defaults = maker is null ? [] : [.. snapshot.Of(ObjectKind.DefaultPrivileges).Where(one => one["~in_schema"] != "true" && IsOf(one, maker, snapshot.Facts))];
        // Bodies are read when they are called, so that functions may stand before what they use.
        var statements = new List<string> { "set local check_function_bodies = off" };
        foreach (var one in CreationOrder.Of(snapshot).Where(one => one.Kind != ObjectKind.Table || one["kind"] != "f")) statements.AddRange(ObjectDdl.Create(one, snapshot));
        foreach (var one in snapshot.InOrder)
        {
            var around = Around(one, snapshot, defaults).ToList();
            // Only who came can give a thing away, and say more of it afterwards.
            var isGivenAway = around.Count > 0 && maker is not null && maker != snapshot.Facts.Role && IsSomebodyElses(one, snapshot);
            statements.AddRange(isGivenAway ? ["reset role", .. around, AsRole(maker!)] : around);
        }
        return statements;
    }

    /// <summary>A script that makes all of it in an empty database, in one go or not at all: the schema and the extensions that it needs too.</summary>
    public static IReadOnlyList<string> Script(CatalogueSnapshot snapshot)
    {
        var used = snapshot.Needs.SelectMany(needs => needs).ToHashSet(StringComparer.Ordinal);
        var extensions = snapshot.Of(ObjectKind.Extension).Where(extension => used.Contains(extension["~id"])).ToList();
        var schemas = extensions.Select(extension => extension["schema"]).Where(schema => schema is not (CanonicalText.Schema or "public" or "pg_catalog")).Distinct();
        return
        [
            "begin", $"create schema {SqlQuote.Name(snapshot.Facts.Schema)}", .. schemas.Select(schema => $"create schema if not exists {SqlQuote.Name(schema)}"),
            .. extensions.Select(extension => $"create extension if not exists {SqlQuote.Name(extension.Name)} schema {(extension["schema"] == CanonicalText.Schema ? CanonicalText.Schema : SqlQuote.Name(extension["schema"]))}")
                .Concat(Statements(snapshot)).Select(sql => sql.Replace(CanonicalText.Schema, snapshot.Facts.Schema, StringComparison.Ordinal)),
            "commit",
        ];
    }

    /// <summary>What is said of a thing once it is there: owner, privileges, comment, and what needs others to be there.</summary>
    /// <param name="one">The thing.</param>
    /// <param name="snapshot">What it is part of.</param>
    /// <param name="defaults">Default privileges that were in force when it was made.</param>
    public static IEnumerable<string> Around(CatalogueObject one, CatalogueSnapshot snapshot, IReadOnlyList<CatalogueObject> defaults)
    {
        if (ObjectKind.IsOutside(one.Kind) || one["kind"] == "f" && one.Kind == ObjectKind.Table) yield break;
        if (one.Kind == ObjectKind.Sequence && one["~identity"] == "true") yield return $"alter sequence {SqlName.Of(one.Name)} {ObjectDdl.SequenceOptions(one)}";
        else if (one.Kind == ObjectKind.Sequence && one.Has("owned_by")) yield return $"alter sequence {SqlName.Of(one.Name)} owned by {CanonicalText.Schema}.{SqlQuote.Quoted(one["owned_by"])}";
        if (one.Kind == ObjectKind.Column)
            foreach (var setting in ObjectDdl.ColumnSettings(one)) yield return setting;
        if (one.Kind == ObjectKind.Table && one["replica_identity"] is not ("d" or "")) yield return $"alter table {SqlName.Of(one.Name)} replica identity {ObjectDdl.ReplicaIdentity(one["replica_identity"])}";
        if (one.Kind is not (ObjectKind.Schema or ObjectKind.DefaultPrivileges) && one.Has("owner") && one["owner"] != GrantText.Owner) yield return $"alter {SqlName.Target(one)} owner to {SqlQuote.Name(one["owner"])}";
        if (one.Kind != ObjectKind.DefaultPrivileges || one["~in_schema"] == "true")
            foreach (var grant in GrantDdl.Between(one, GrantDdl.Start(one, defaults), one["grants"], snapshot.Facts.Owner)) yield return grant;
        if (one.Has("comment")) yield return $"comment on {SqlName.Target(one)} is {SqlQuote.Literal(one["comment"])}";
    }

    /// <summary>The default privileges in force for what the reader of a snapshot makes in its schema.</summary>
    public static IReadOnlyList<CatalogueObject> DefaultsOf(CatalogueSnapshot snapshot) => [.. snapshot.Of(ObjectKind.DefaultPrivileges).Where(one => IsOf(one, snapshot.Facts.Role, snapshot.Facts))];

    /// <summary>Goes on as another role until the transaction ends.</summary>
    public static string AsRole(string role) => $"set local role {SqlQuote.Name(role)}";

    private static bool IsSomebodyElses(CatalogueObject one, CatalogueSnapshot snapshot)
    {
        var owned = one.Parent.Length == 0 ? one : snapshot.Find(ObjectKind.Table, "", one.Parent) ?? snapshot.Find(ObjectKind.View, "", one.Parent) ?? one;
        return owned.Has("owner") && owned["owner"] != GrantText.Owner;
    }

    private static bool IsOf(CatalogueObject defaults, string role, CatalogueFacts facts) => (defaults["owner"] == GrantText.Owner ? facts.Owner : defaults["owner"]) == role;
}
