using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>Repairs of what stands beside the schema: extensions, roles, settings, default privileges. A role is never made or dropped here.</summary>
internal static class ServerRepair
{
    private static readonly (string Property, string Word)[] Attributes =
    [
        ("login", "login"), ("superuser", "superuser"), ("createrole", "createrole"), ("createdb", "createdb"), ("replication", "replication"), ("bypassrls", "bypassrls"), ("inherit", "inherit"),
    ];

    public static IReadOnlyList<IReadOnlyList<string>>? StepsOf(Difference difference, CatalogueSnapshot actual)
    {
        var (wanted, there) = (difference.Expected, difference.Actual);
        if (difference.Object.Kind == ObjectKind.DefaultPrivileges)
            return RepairPlanner.One(GrantDdl.Between(difference.Object, there?["grants"] ?? Builtin(difference.Object), wanted?["grants"] ?? Builtin(difference.Object), actual.Facts.Owner));
        if (wanted is null) return null;
        if (wanted.Kind == ObjectKind.Extension)
            return there is null ? [[$"create extension if not exists {SqlQuote.Name(wanted.Name)} schema {(wanted["schema"] == CanonicalText.Schema ? CanonicalText.Schema : SqlQuote.Name(wanted["schema"]))}"]] : [[$"alter extension {SqlQuote.Name(wanted.Name)} update to {SqlQuote.Name(wanted["version"])}"]];
        if (there is null) return null;
        if (difference.Class == DriftClasses.Settings) return RepairPlanner.One(Settings(wanted, there, wanted.Kind == ObjectKind.Role ? $"alter role {SqlQuote.Name(wanted.Name)}" : $"alter database {SqlQuote.Name(actual.Facts.Database)}"));
        return wanted.Kind == ObjectKind.Role ? RepairPlanner.One(Role(wanted, there)) : null;
    }

    // A list for all schemas stands in the place of the built-in one; a list for one schema is added to it.
    public static string Builtin(CatalogueObject one) => one["~in_schema"] == "true" ? "" : one["~object"] switch
    {
        "r" => "(owner)=DELETE,INSERT,REFERENCES,SELECT,TRIGGER,TRUNCATE,UPDATE", "S" => "(owner)=SELECT,UPDATE,USAGE",
        "f" => "(owner)=EXECUTE\nPUBLIC=EXECUTE", "T" => "(owner)=USAGE\nPUBLIC=USAGE", "n" => "(owner)=CREATE,USAGE", _ => "",
    };

    private static IEnumerable<string> Role(CatalogueObject wanted, CatalogueObject there)
    {
        var words = Attributes.Where(one => wanted[one.Property] != there[one.Property]).Select(one => wanted[one.Property] == "true" ? one.Word : $"no{one.Word}").ToList();
        if (wanted["connection_limit"] != there["connection_limit"]) words.Add($"connection limit {wanted.Sql("connection_limit")}");
        if (words.Count > 0) yield return $"alter role {SqlQuote.Name(wanted.Name)} {string.Join(' ', words)}";
        var (has, wants) = (Lines(there["member_of"]), Lines(wanted["member_of"]));
        // The right to give a role on is taken, never given: who has it may give itself the rest.
        foreach (var role in Lines(there["admin_of"]).Except(Lines(wanted["admin_of"])).Except(has.Except(wants)))
            yield return $"revoke {(has.Contains(role) ? "admin option for " : "")}{SqlQuote.Name(role)} from {SqlQuote.Name(wanted.Name)}";
        foreach (var role in has.Except(wants)) yield return $"revoke {SqlQuote.Name(role)} from {SqlQuote.Name(wanted.Name)}";
        foreach (var role in wants.Except(has)) yield return $"grant {SqlQuote.Name(role)} to {SqlQuote.Name(wanted.Name)}";
    }

    private static IEnumerable<string> Settings(CatalogueObject wanted, CatalogueObject there, string alter)
    {
        var (has, wants) = (Lines(there["settings"]), Lines(wanted["settings"]));
        foreach (var name in has.Select(NameOf).Except(wants.Select(NameOf))) yield return $"{alter} reset {SqlQuote.Dotted(name)}";
        foreach (var setting in wants.Except(has)) yield return $"{alter} set {SqlQuote.Dotted(NameOf(setting))} to {Value(setting)}";
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string NameOf(string setting) => setting[..setting.IndexOf('=', StringComparison.Ordinal)];

    // A list of names is stored as SQL, ready to be said again; anything else is one text.
    private static string Value(string setting) => setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..] is var value && NameOf(setting) is "search_path" or "session_preload_libraries" or "temp_tablespaces"
        ? SqlQuote.NamesOrLiteral(value) : SqlQuote.Literal(value);
}
