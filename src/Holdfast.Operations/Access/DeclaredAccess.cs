using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Drift;
using Holdfast.Rows;
using Holdfast.Stores.Migrations;

namespace Holdfast.Operations.Access;

/// <summary>
/// What access makes of a schema, for the drift check: where it was applied, roles, owner, grants, guard and policies belong to
/// what should be there, as what the migrations make does.
/// </summary>
internal static class DeclaredAccess
{
    /// <summary>Adds it to what a check of drift goes by.</summary>
    public static DriftOptions With(DriftOptions options) => options with { Owner = RoleSpecs.Owner(options.Schema), Declared = Of };

    /// <summary>What is declared of a provider; nothing as long as access was applied to none.</summary>
    /// <param name="found">The provider as it is.</param>
    /// <param name="all">All of them: what one has, every other needs after a failover.</param>
    public static Declaration Of(CatalogueSnapshot found, IReadOnlyList<CatalogueSnapshot> all)
    {
        var schema = found.Facts.Schema;
        if (!all.Any(IsApplied) || HistoryCheck.Through(found) is not { } through) return Declaration.None;
        var options = new AccessOptions(RowSecurity: all.Any(one => IsApplied(one) && SeparatesTenants(one)));
        var roles = RoleSpecs.All(schema, options);
        var declared = new Declaration
        {
            Owner = RoleSpecs.Owner(schema),
            Roles = [.. RoleSpecs.All(schema, new AccessOptions(RowSecurity: true)).Where(role => role.Role != AccessRole.Relay || options.RowSecurity || Live(found, role) is not null).Select(role => Declared(role, Live(found, role)))],
            Run = $"holdfast access apply{(options.RowSecurity ? " --row-security" : "")}",
        };
        if (!IsOwnerHere(found) || roles.Any(role => Live(found, role) is null)) return declared;
        // A table that a later migration makes is not there yet.
        var later = Tables.All.Where(table => table.Since > Migration.Number(through)).Select(table => table.Name).ToHashSet(StringComparer.Ordinal);
        return declared with
        {
            Statements = [.. AccessScript.SchemaStatements(CanonicalText.Schema, schema, options).Where(statement => !later.Contains(statement.Subject.Split('.')[0])).Select(statement => statement.Sql)],
        };
    }

    // Who owns most of it says nothing: a restore without owners and REASSIGN OWNED leave a schema that access was applied to.
    private static bool IsApplied(CatalogueSnapshot one) => IsOwnerHere(one) || one.Find(ObjectKind.Function, "", $"{DeleteGuard.Function}()") is not null;

    private static bool IsOwnerHere(CatalogueSnapshot one) => one.Facts.Owner == RoleSpecs.Owner(one.Facts.Schema);

    // Roles belong to the whole server: one of the relay that has nothing in this database is another's.
    private static bool SeparatesTenants(CatalogueSnapshot one) =>
        RowSecurity.Protected.Any(table => one.Find(ObjectKind.Table, "", table.Name)?["rls"] == "true")
        || one.Find(ObjectKind.Role, "", RoleSpecs.NameOf(one.Facts.Schema, "relay"))?["~here"] == "true";

    private static CatalogueObject? Live(CatalogueSnapshot found, RoleSpec role) => found.Find(ObjectKind.Role, "", role.Name);

    // What the declaration leaves open is as it is.
    private static CatalogueObject Declared(RoleSpec role, CatalogueObject? live)
    {
        var isIn = live?["member_of"]?.Split('\n') ?? [];
        // A provider that hands out the wider one alone: verify knows whether the narrow one was to be had.
        var predefined = role.Wider is { } wider && isIn.Contains(wider) && !isIn.Contains(role.Predefined) ? wider : role.Predefined;
        var groups = new[] { role.MemberOf, predefined }.OfType<string>().Order(StringComparer.Ordinal).ToList();
        return (live ?? new CatalogueObject(ObjectKind.Role, "", role.Name, new(StringComparer.Ordinal))).With(
            ("login", Text(role.CanLogIn && !(live is not null && AccessPlanner.IsClosedSlot(role, live["login"] == "true")))), ("inherit", Text(role.Inherits)),
            ("superuser", "false"), ("createrole", "false"), ("createdb", "false"), ("replication", "false"), ("expired", null), ("admin_of", null),
            ("bypassrls", role.Role == AccessRole.Backup && live is not null ? live["bypassrls"] : "false"),
            ("connection_limit", role.ConnectionLimit.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ("member_of", groups.Count > 0 ? string.Join('\n', groups) : null),
            ("settings", string.Join('\n', role.Settings.Select(setting => $"{setting.Name}={setting.Value}").Order(StringComparer.Ordinal))));
    }

    private static string Text(bool value) => value ? "true" : "false";
}
