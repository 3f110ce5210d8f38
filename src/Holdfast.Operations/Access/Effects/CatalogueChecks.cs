using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Operations.Access.Effects;

/// <summary>What no trial shows: attributes, memberships, settings, owners, and rights that nobody declared.</summary>
internal static class CatalogueChecks
{
    // In the schema, and what runs with the owner's rights anywhere.
    private const string AskFunctions = """
        select quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')', case when n.nspname = $1 then '' else quote_ident(n.nspname) || '.' end,
          n.nspname = $1 and exists (select 1 from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0),
          p.prosecdef and not exists (select 1 from unnest(coalesce(p.proconfig, '{}')) s where s like 'search\_path=%'),
          pg_get_userbyid(p.proowner)::text, case when p.prosecdef then array(select r from unnest($3::text[]) r where has_function_privilege(r, p.oid, 'execute') and has_schema_privilege(r, n.oid, 'usage')) else '{}' end
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where p.prokind in ('f', 'p') and (n.nspname = $1 or (p.prosecdef and pg_get_userbyid(p.proowner) = $2)) order by 2, 1
        """;

    public static async Task<IReadOnlyList<EffectCell>> RunAsync(
        NpgsqlConnection connection, string schema, AccessOptions options, AccessState state, IReadOnlyList<RoleSpec> roles, CancellationToken cancellationToken)
    {
        List<EffectCell> cells = [.. roles.SelectMany(role => OfRole(state.Suited(role), state.Roles[role.Name], state))];
        cells.AddRange(state.Owned.Select(one => EffectCell.Of(one.Role, "owns", one.What, false, $"it belongs to {one.Role}; only {RoleSpecs.Owner(schema)} may own something")));
        cells.Add(EffectCell.Of(RoleSpecs.App(schema), "attributes", "slots", !ForeignSteps.ClosedSlots(schema, options, state).Any(), "neither of its slots may log in: no application can"));
        cells.AddRange(SessionSettings.OfEverybody(state).Select(setting => EffectCell.Of("public", "settings", SessionSettings.Subject(setting), false, $"every role's sessions start with {setting}")));
        cells.AddRange(Owners(schema, state));
        // Who may act as the owner may do everything; the migrator is the only one.
        cells.AddRange(state.Members.Where(one => IsOwners(schema, one.Group)).Select(one => EffectCell.Of(one.Group, "members", "", false, $"{one.Member} is a member of it and may do whatever it may")));
        cells.AddRange(Grants(schema, options, state));
        cells.AddRange(state.Strangers.Where(one => one.MayBecomeOwner).Select(one => EffectCell.Of(one.Role, "grants", one.Name, false, $"it has {string.Join(", ", one.Words)}, is none of Holdfast's roles, and can do by it what {RoleSpecs.Owner(schema)} may")));
        cells.AddRange(ForeignSteps.Detours(schema, options, state).SelectMany(Detour));
        cells.AddRange(await FunctionsAsync(connection, schema, state, roles, cancellationToken).ConfigureAwait(false));
        if (options.RowSecurity)
        {
            var live = state.Objects.Where(TenantPolicies.Cover).ToDictionary(found => found.Name);
            string[] tables = [.. RowSecurity.Protected.Select(table => table.Name).Union(live.Keys)];
            cells.AddRange(tables.Select(table => (Name: table, Wrong: TenantPolicies.Wrong(schema, live.GetValueOrDefault(table))))
                .Select(table => EffectCell.Of(RoleSpecs.Owner(schema), "row security", table.Name, table.Wrong is null, table.Wrong ?? "")));
            cells.AddRange(state.Objects.Where(found => found is { Kind: "table", TenantType: not null } && !TenantPolicies.Cover(found))
                .Select(table => EffectCell.Of(RoleSpecs.Owner(schema), "row security", table.Name, false, $"it has a tenant_id of the type {table.TenantType}, by which tenants cannot be kept apart")));
        }
        return cells;
    }

    public static bool IsOwners(string schema, string role) => role == RoleSpecs.Owner(schema) || role == RoleSpecs.NameOf(schema, "migrator");

    private static IEnumerable<EffectCell> Detour(LiveDetour detour) => ForeignSteps.Users(detour).Select(user => EffectCell.Of(user, ForeignSteps.Operation(detour), detour.Name, false, detour.IsRoutine
        ? $"it runs with the rights of {detour.Owner}, who reaches rows of memories by it, and is not declared"
        : "it reads this view, which shows all tenants' rows because it, or one that it is made of, runs with its owner's rights: alter view … set (security_invoker = true); a materialized view has no such way"));

    private static IEnumerable<EffectCell> OfRole(RoleSpec role, LiveRole live, AccessState state)
    {
        var powers = live.Powers.Where(power => !(power == "bypassrls" && role.Role == AccessRole.Backup)).ToList();
        yield return EffectCell.Of(role.Name, "attributes", "", powers.Count == 0, $"it has {string.Join(", ", powers)}");
        // A slot that is not in use may be closed.
        var isLogin = live.CanLogIn == role.CanLogIn || (role.Role == AccessRole.App && role.CanLogIn);
        yield return EffectCell.Of(role.Name, "attributes", "login", isLogin && live.Inherits == role.Inherits && live.ConnectionLimit == role.ConnectionLimit,
            FormattableString.Invariant($"login {live.CanLogIn}, inherit {live.Inherits}, limit {live.ConnectionLimit}; declared: {role.CanLogIn}, {role.Inherits}, {role.ConnectionLimit}"));
        if (live is { IsExpired: true } && role.CanLogIn && !AccessPlanner.IsClosedSlot(role, live.CanLogIn))
            yield return EffectCell.Of(role.Name, "attributes", "password", false, $"its password ended on {live.ValidUntil}: it cannot log in");
        var settings = SessionSettings.Missing(role, state).Select(setting => $"{setting.Name}={setting.Value}").ToList();
        var beyond = SessionSettings.Beyond(role, state).ToLookup(setting => setting.IsHere);
        yield return EffectCell.Of(role.Name, "settings", "", settings.Count == 0 && beyond.Count == 0, string.Join("; ", new[]
        {
            settings.Count > 0 ? $"it lacks {string.Join("; ", settings)}" : "",
            beyond[false].Any() ? $"it has {string.Join("; ", beyond[false])} beyond the declaration" : "",
            beyond[true].Any() ? $"in this database it has {string.Join("; ", beyond[true])}" : "",
        }.Where(text => text.Length > 0)));
        var declared = new[] { role.MemberOf, role.Predefined }.OfType<string>().ToList();
        var more = live.MemberOf.Except(declared).ToList();
        var less = declared.Except(live.MemberOf).ToList();
        var handsOn = live.Memberships.Where(membership => membership.IsAdmin).Select(membership => membership.Group).Distinct().ToList();
        yield return EffectCell.Of(role.Name, "memberships", "", more.Count == 0 && less.Count == 0 && handsOn.Count == 0, string.Join("; ", new[]
        {
            more.Count > 0 ? $"it is a member of {string.Join(", ", more)}" : "", less.Count > 0 ? $"it is no member of {string.Join(", ", less)}" : "",
            handsOn.Count > 0 ? $"it may hand on {string.Join(", ", handsOn)}" : "",
        }.Where(text => text.Length > 0)));
    }

    private static IEnumerable<EffectCell> Owners(string schema, AccessState state)
    {
        var owner = RoleSpecs.Owner(schema);
        yield return EffectCell.Of(owner, "owner", schema, state.SchemaOwner == owner, $"it belongs to {state.SchemaOwner ?? "nobody: it is not there"}");
        foreach (var found in state.Objects.Where(found => !found.IsOwned)) yield return EffectCell.Of(owner, "owner", found.Name, found.Owner == owner, $"it belongs to {found.Owner}");
        foreach (var table in Tables.All.Where(table => !state.Objects.Any(found => found.Name == table.Name)))
            yield return EffectCell.Of(owner, "owner", table.Name, false, "the table is not there; run 'holdfast schema migrate'");
    }

    private static IEnumerable<EffectCell> Grants(string schema, AccessOptions options, AccessState state)
    {
        var declared = new DeclaredRights(schema, options, state);
        foreach (var right in state.Rights)
        {
            string[] extra = [.. declared.Beyond(right), .. right.IsGrantable ? ["the grant option"] : (string[])[]];
            yield return EffectCell.Of(right.Grantee, "grants", right.Subject(schema), extra.Length == 0, $"it has {string.Join(", ", extra)} beyond the declaration");
        }
        foreach (var other in state.OtherRights) yield return EffectCell.Of(other.Grantee, "grants", other.What, false, "it has a right to it beyond the declaration");
    }

    private static async Task<IReadOnlyList<EffectCell>> FunctionsAsync(NpgsqlConnection connection, string schema, AccessState state, IReadOnlyList<RoleSpec> roles, CancellationToken cancellationToken)
    {
        var cells = new List<EffectCell>();
        var owner = RoleSpecs.Owner(schema);
        string[] others = [.. roles.Where(role => role.Role != AccessRole.Owner).Select(role => role.Name)];
        foreach (var (name, prefix, isPublic, isUnpinned, by, who) in await AccessState.QueryAsync(connection, AskFunctions, [schema, owner, others],
            row => (row.GetString(0), row.GetString(1), row.GetBoolean(2), row.GetBoolean(3), row.GetString(4), row.GetFieldValue<string[]>(5)), cancellationToken).ConfigureAwait(false))
        {
            cells.Add(EffectCell.Of("public", "execute", prefix + name, !isPublic, "everybody may execute it"));
            cells.Add(EffectCell.Of(owner, "search_path", prefix + name, !isUnpinned, "it runs with its owner's rights and with its caller's search_path"));
            if (prefix.Length > 0 || !state.Objects.Any(found => found.Name == name && StrayObjects.IsDeclared(found)))
                cells.AddRange(who.Select(role => EffectCell.Of(role, "execute", prefix + name, false, $"it runs with the rights of {by} and is not declared")));
        }
        return cells;
    }
}
