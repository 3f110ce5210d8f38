using Holdfast.Rows;

namespace Holdfast.Operations.Access;

/// <summary>The part of an access script that concerns a schema and what is in it, as statements that may be run any number of times.</summary>
/// <remarks>The roles must be there. Nothing here depends on what a server holds: on another schema with the same roles the same comes out.</remarks>
internal static class AccessScript
{
    /// <summary>All statements in order: owner, functions, guard, grants, row-level security.</summary>
    public static IReadOnlyList<AccessStatement> SchemaStatements(string schema, AccessOptions options) => SchemaStatements(schema, schema, options);

    /// <param name="schema">Where the objects are.</param>
    /// <param name="roles">The schema whose roles get the rights: for a scratch copy another one than <paramref name="schema"/>.</param>
    /// <param name="options">What is wanted.</param>
    public static IReadOnlyList<AccessStatement> SchemaStatements(string schema, string roles, AccessOptions options) =>
    [
        new(AccessPart.Ownership, schema, $"alter schema {schema} owner to {RoleSpecs.Owner(roles)}"),
        .. Tables.All.Select(table => new AccessStatement(AccessPart.Ownership, table.Name, $"alter table {schema}.{table.Name} owner to {RoleSpecs.Owner(roles)}")),
        new(AccessPart.Ownership, "is_erased", $"alter function {schema}.{IsErased} owner to {RoleSpecs.Owner(roles)}"),
        .. DeleteGuard.Statements(schema, roles),
        .. RecordGuard.Statements(schema, roles),
        .. GuardTriggers.Statements(schema),
        .. EraseFunction.Statements(schema, roles, options),
        .. MatchFunction.Statements(schema, roles),
        .. Grants(schema, roles, options),
        .. DefaultPrivileges(schema, roles, options),
        .. RowSecurity.Statements(schema, roles, options),
    ];

    public const string IsErased = "is_erased(text, uuid, text, text)";

    /// <summary>The roles that have rights of their own; the others are their members. The relay is one that may more than what it is a member of.</summary>
    public static IEnumerable<RoleSpec> Grantees(string schema, AccessOptions options) =>
        RoleSpecs.All(schema, options).Where(role => role.Role != AccessRole.Owner && (role.MemberOf is null || role.Role == AccessRole.Relay));

    /// <summary>All roles but the owner, also those that have no rights of their own: what somebody gave them goes.</summary>
    public static string Names(string schema, AccessOptions options) =>
        string.Join(", ", RoleSpecs.All(schema, options).Where(role => role.Role != AccessRole.Owner).Select(role => role.Name));

    private static IEnumerable<AccessStatement> Grants(string schema, string roles, AccessOptions options)
    {
        var grantees = Grantees(roles, options).ToList();
        var names = Names(roles, options);
        yield return new(AccessPart.Grant, schema, $"revoke all on schema {schema} from public, {names}");
        yield return new(AccessPart.Grant, schema, $"grant usage on schema {schema} to {string.Join(", ", grantees.Select(role => role.Name))}");
        foreach (var table in Tables.All)
        {
            yield return new(AccessPart.Grant, table.Name, $"revoke all on {schema}.{table.Name} from public, {names}");
            foreach (var group in grantees.GroupBy(role => TableRights.Of(role.Role, table, options.RowSecurity)).Where(group => group.Key != TableRight.None))
                yield return new(AccessPart.Grant, table.Name, $"grant {string.Join(", ", TableRights.Words(group.Key))} on {schema}.{table.Name} to {string.Join(", ", group.Select(role => role.Name))}");
        }
        yield return new(AccessPart.Grant, "is_erased", $"revoke all on function {schema}.{IsErased} from public, {names}");
        yield return new(AccessPart.Grant, "is_erased", $"grant execute on function {schema}.{IsErased} to {RoleSpecs.App(roles)}");
    }

    /// <summary>
    /// What a later migration makes has the right grants from its first moment, because it is the owner that makes it. Where tenants are kept apart a new table has no
    /// policies yet, and a new function may run with the owner's rights: there the app and the reader get nothing before access is applied again.
    /// </summary>
    private static IEnumerable<AccessStatement> DefaultPrivileges(string schema, string roles, AccessOptions options)
    {
        var owner = RoleSpecs.Owner(roles);
        var all = $"public, {Names(roles, options)}";
        foreach (var kind in (string[])["tables", "sequences", "functions"])
            yield return new(AccessPart.Grant, schema, $"alter default privileges for role {owner} in schema {schema} revoke all on {kind} from {all}");
        // PUBLIC's right to execute is a default of the whole database, and so may be what somebody gave: IN SCHEMA cannot take it away.
        foreach (var kind in (string[])["tables", "sequences", "functions"])
            yield return new(AccessPart.Grant, schema, $"alter default privileges for role {owner} revoke all on {kind} from {all}");
        string Grant(string rights, string kind, string to) => $"alter default privileges for role {owner} in schema {schema} grant {rights} on {kind} to {to}";
        var (app, backup) = (RoleSpecs.App(roles), RoleSpecs.NameOf(roles, "backup"));
        if (!options.RowSecurity)
        {
            yield return new(AccessPart.Grant, schema, Grant("select, insert, update", "tables", app));
            yield return new(AccessPart.Grant, schema, Grant("select", "tables", RoleSpecs.NameOf(roles, "ro")));
            yield return new(AccessPart.Grant, schema, Grant("execute", "functions", app));
        }
        yield return new(AccessPart.Grant, schema, Grant("select", "tables", backup));
        yield return new(AccessPart.Grant, schema, Grant("usage, select", "sequences", app));
        yield return new(AccessPart.Grant, schema, Grant("select", "sequences", backup));
    }
}
