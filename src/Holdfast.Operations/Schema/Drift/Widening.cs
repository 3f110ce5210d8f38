using Holdfast.Operations.Schema.Catalogue;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>
/// What no repair does because other providers have it so: open data to all, raise a role, change what is not the schema's. One
/// provider that was opened by mistake would open the others. What migrations or access statements declare is done.
/// </summary>
internal static class Widening
{
    private static readonly string[] Raising = ["login", "superuser", "createrole", "createdb", "replication", "bypassrls"];

    // What an application needs; all else is given by a person.
    private static readonly string[] OfApplications = ["SELECT", "INSERT", "UPDATE", "USAGE", "EXECUTE"];

    /// <summary>Whether mending it would.</summary>
    /// <param name="difference">What differs.</param>
    /// <param name="schema">The schema's name: roles that are named after it are Holdfast's.</param>
    public static bool Is(Difference difference, string schema)
    {
        var (wanted, there) = (difference.Expected, difference.Actual);
        // A restrictive policy too many takes rows away from readers; without it they would see more.
        if (difference.Class == DriftClasses.Policy && wanted is null) return there!["permissive"] == "false";
        if (wanted is not null && !wanted.Has(Expectation.Peers)) return false;
        return difference.Object.Kind switch
        {
            ObjectKind.DefaultPrivileges => Opens(there?["grants"] ?? ServerRepair.Builtin(difference.Object), wanted?["grants"] ?? ServerRepair.Builtin(difference.Object)),
            ObjectKind.Database => true,
            ObjectKind.Extension => wanted is not null,
            ObjectKind.Role => wanted is not null && there is not null && difference.Class == DriftClasses.Role && Raises(wanted, there, schema),
            _ => difference.Class == DriftClasses.Grants && Opens(there!["grants"], wanted!["grants"]),
        };
    }

    private static bool Opens(string from, string to) => GrantText.Parse(to).Except(GrantText.Parse(from))
        .Any(grant => grant.Grantee == GrantText.Public || (grant.Grantee != GrantText.Owner && !OfApplications.Contains(grant.Privilege)));

    private static bool Raises(CatalogueObject wanted, CatalogueObject there, string schema) =>
        Raising.Any(attribute => wanted[attribute] == "true" && there[attribute] != "true")
        || Lines(wanted["member_of"]).Except(Lines(there["member_of"])).Any(role => !role.StartsWith(schema + "_", StringComparison.Ordinal));

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
