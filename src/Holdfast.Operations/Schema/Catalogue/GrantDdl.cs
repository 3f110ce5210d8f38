using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>GRANT and REVOKE that lead from one canonical list of privileges to another.</summary>
internal static class GrantDdl
{
    /// <summary>What a new object of a kind has without any GRANT.</summary>
    public static string Default(CatalogueObject one) => one.Kind switch
    {
        ObjectKind.Table or ObjectKind.View => "(owner)=DELETE,INSERT,REFERENCES,SELECT,TRIGGER,TRUNCATE,UPDATE",
        ObjectKind.Sequence => "(owner)=SELECT,UPDATE,USAGE",
        ObjectKind.Function => "(owner)=EXECUTE\nPUBLIC=EXECUTE",
        ObjectKind.Enum or ObjectKind.Domain or ObjectKind.Type => "(owner)=USAGE\nPUBLIC=USAGE",
        ObjectKind.Schema => "(owner)=CREATE,USAGE",
        _ => "",
    };

    /// <summary>What a new object has where default privileges are in force: those for all schemas in the place of the built-in ones, those for the schema on top.</summary>
    public static string Start(CatalogueObject one, IReadOnlyList<CatalogueObject> defaults)
    {
        var objects = one.Kind switch
        {
            ObjectKind.Table or ObjectKind.View => "tables", ObjectKind.Sequence => "sequences", ObjectKind.Function => "functions",
            ObjectKind.Enum or ObjectKind.Domain or ObjectKind.Type => "types", _ => "",
        };
        var everywhere = defaults.FirstOrDefault(one => one["~objects"] == objects && one["~in_schema"] != "true");
        var here = defaults.FirstOrDefault(one => one["~objects"] == objects && one["~in_schema"] == "true");
        var start = everywhere?["grants"] ?? Default(one);
        return here is null ? start : string.Join('\n', GrantText.Parse(start).Concat(GrantText.Parse(here["grants"])).Distinct().GroupBy(grant => grant.Grantee)
            .Select(grants => $"{grants.Key}={string.Join(',', grants.Select(grant => grant.Privilege))}"));
    }

    /// <param name="one">Whose privileges.</param>
    /// <param name="from">What it has.</param>
    /// <param name="to">What it is to have.</param>
    /// <param name="owner">Who <c>(owner)</c> is.</param>
    public static IEnumerable<string> Between(CatalogueObject one, string from, string to, string owner)
    {
        var (has, wants) = (GrantText.Parse(from).ToHashSet(), GrantText.Parse(to).ToHashSet());
        foreach (var (grantee, privilege) in has.Except(wants).Order())
        {
            var name = privilege.TrimEnd('*');
            if (wants.Contains((grantee, name))) yield return Sentence(one, $"revoke grant option for {Privilege(one, name)}", "from", grantee, owner, "");
            else if (!wants.Contains((grantee, name + "*"))) yield return Sentence(one, $"revoke {Privilege(one, name)}", "from", grantee, owner, "");
        }
        foreach (var (grantee, privilege) in wants.Except(has).Order())
            if (privilege.EndsWith('*') || !has.Contains((grantee, privilege + "*")))
                yield return Sentence(one, $"grant {Privilege(one, privilege.TrimEnd('*'))}", "to", grantee, owner, privilege.EndsWith('*') ? " with grant option" : "");
    }

    private static string Sentence(CatalogueObject one, string what, string preposition, string grantee, string owner, string end)
    {
        var who = grantee switch
        {
            GrantText.Owner => SqlQuote.Name(one.Has("owner") && one["owner"] != GrantText.Owner ? one["owner"] : owner),
            GrantText.Public => "public",
            _ => SqlQuote.Name(grantee),
        };
        if (one.Kind != ObjectKind.DefaultPrivileges) return $"{what} on {On(one)} {preposition} {who}{end}";
        var role = one["owner"] == GrantText.Owner ? owner : one["owner"];
        var place = one["~in_schema"] == "true" ? $" in schema {CanonicalText.Schema}" : "";
        return $"alter default privileges for role {SqlQuote.Name(role)}{place} {what} on {SqlQuote.OneOf(one["~objects"], "tables", "sequences", "functions", "types", "schemas")} {preposition} {who}{end}";
    }

    private static string Privilege(CatalogueObject one, string privilege) =>
        GrantText.Word(privilege) is var word && one.Kind == ObjectKind.Column ? $"{word} ({SqlQuote.Name(one.Name)})" : word;

    private static string On(CatalogueObject one) => one.Kind switch
    {
        ObjectKind.Table or ObjectKind.View => $"table {SqlName.Of(one.Name)}",
        ObjectKind.Column => $"table {SqlName.Of(one.Parent)}",
        ObjectKind.Function when one["kind"] == "a" => $"function {CanonicalText.Schema}.{one.Sql("~signature")}",
        ObjectKind.Domain => $"type {SqlName.Of(one.Name)}",
        _ => SqlName.Target(one),
    };
}
