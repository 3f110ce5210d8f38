using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Operations.Access.Effects;

/// <summary>What no trial shows: attributes, memberships, settings, owners, and rights that nobody declared.</summary>
internal static class CatalogueChecks
{
    // 0 is PUBLIC. The owner has every right to its own.
    private const string AskGrants = """
        select case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee)::text end, c.relname::text, lower(string_agg(a.privilege_type, ',')), bool_or(a.is_grantable)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's'::"char" else 'r'::"char" end, c.relowner))) a
        where n.nspname = $1 and c.relkind in ('r', 'p') and a.grantee <> c.relowner group by 1, 2
        union all
        select case x.grantee when 0 then 'public' else pg_get_userbyid(x.grantee)::text end, c.relname || '.' || t.attname, lower(string_agg(x.privilege_type, ',')), bool_or(x.is_grantable)
        from pg_attribute t join pg_class c on c.oid = t.attrelid join pg_namespace n on n.oid = c.relnamespace, aclexplode(t.attacl) x
        where n.nspname = $1 and t.attnum > 0 and not t.attisdropped group by 1, 2
        """;

    private const string AskFunctions = """
        select p.proname::text, exists (select 1 from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0),
          p.prosecdef and not exists (select 1 from unnest(coalesce(p.proconfig, '{}')) s where s like 'search\_path=%')
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = $1 and p.prokind in ('f', 'p')
        """;

    private const string AskSchema = """
        select case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee)::text end, lower(a.privilege_type)
        from pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a where n.nspname = $1 and a.grantee <> n.nspowner
        """;

    private const string AskViews = """
        select distinct format('%I.%I', vn.nspname, v.relname), reader
        from pg_depend d join pg_rewrite w on w.oid = d.objid join pg_class v on v.oid = w.ev_class join pg_namespace vn on vn.oid = v.relnamespace
          join pg_class t on t.oid = d.refobjid join pg_namespace n on n.oid = t.relnamespace, unnest($3::text[]) reader
        where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and n.nspname = $1 and t.relname = any($2) and v.relkind in ('v', 'm')
          and not (v.relkind = 'v' and exists (select 1 from unnest(v.reloptions) o where o ~ '^security_invoker=(true|on|yes|1)$'))
          and has_table_privilege(reader, v.oid, 'select') and has_schema_privilege(reader, vn.oid, 'usage')
        order by 1, 2
        """;

    private const string AskOwned = """
        select r.rolname::text, count(*) from pg_shdepend d join pg_roles r on r.oid = d.refobjid
        where d.refclassid = 'pg_authid'::regclass and d.deptype = 'o' and r.rolname = any($1) group by 1
        """;

    public static async Task<IReadOnlyList<EffectCell>> RunAsync(
        NpgsqlConnection connection, string schema, AccessOptions options, AccessState state, IReadOnlyList<RoleSpec> roles, CancellationToken cancellationToken)
    {
        List<EffectCell> cells = [.. roles.SelectMany(role => OfRole(state.Suited(role), state.Roles[role.Name]))];
        var owned = await AccessState.QueryAsync(connection, AskOwned, [roles.Where(role => role.Role != AccessRole.Owner).Select(role => role.Name).ToArray()], row => (row.GetString(0), row.GetInt64(1)), cancellationToken).ConfigureAwait(false);
        cells.AddRange(owned.Select(one => EffectCell.Of(one.Item1, "owns", "", false, $"it owns {one.Item2} objects; only {RoleSpecs.Owner(schema)} may")));
        cells.AddRange(Owners(schema, state));
        // Who may act as the owner may do everything; the migrator is the only one.
        cells.AddRange(state.Members.Where(one => IsOwners(schema, one.Group)).Select(one => EffectCell.Of(one.Group, "members", "", false, $"{one.Member} is a member of it and may do whatever it may")));
        cells.AddRange(await GrantsAsync(connection, schema, options, cancellationToken).ConfigureAwait(false));
        foreach (var (name, isPublic, isUnpinned) in await AccessState.QueryAsync(connection, AskFunctions, [schema], row => (row.GetString(0), row.GetBoolean(1), row.GetBoolean(2)), cancellationToken).ConfigureAwait(false))
        {
            cells.Add(EffectCell.Of("public", "execute", name, !isPublic, "everybody may execute it"));
            cells.Add(EffectCell.Of(RoleSpecs.Owner(schema), "search_path", name, !isUnpinned, "it runs with its owner's rights and with its caller's search_path"));
        }
        if (options.RowSecurity)
        {
            var readers = roles.Where(role => role.Role is AccessRole.App or AccessRole.ReadOnly).Select(role => role.Name).ToArray();
            string[] tables = [.. RowSecurity.Protected.Select(table => table.Name)];
            foreach (var (view, reader) in await AccessState.QueryAsync(connection, AskViews, [schema, tables, readers], row => (row.GetString(0), row.GetString(1)), cancellationToken).ConfigureAwait(false))
                cells.Add(EffectCell.Of(reader, "row security", view, false, "it reads this view, which shows all tenants' rows because it runs with its owner's rights: alter view … set (security_invoker = true); a materialized view has no such way"));
            cells.AddRange(RowSecurity.Protected.Select(table => EffectCell.Of(RoleSpecs.Owner(schema), "row security", table.Name,
                state.Objects.FirstOrDefault(found => found.Name == table.Name)?.RowSecurity == true, "row-level security is off, or not forced")));
        }
        return cells;
    }

    public static bool IsOwners(string schema, string role) => role == RoleSpecs.Owner(schema) || role == RoleSpecs.NameOf(schema, "migrator");

    private static IEnumerable<EffectCell> OfRole(RoleSpec role, LiveRole live)
    {
        var powers = live.Powers.Where(power => !(power == "bypassrls" && role.Role == AccessRole.Backup)).ToList();
        yield return EffectCell.Of(role.Name, "attributes", "", powers.Count == 0, $"it has {string.Join(", ", powers)}");
        // A slot that is not in use may be closed.
        var isLogin = live.CanLogIn == role.CanLogIn || (role.Role == AccessRole.App && role.CanLogIn);
        yield return EffectCell.Of(role.Name, "attributes", "login", isLogin && live.Inherits == role.Inherits && live.ConnectionLimit == role.ConnectionLimit,
            FormattableString.Invariant($"login {live.CanLogIn}, inherit {live.Inherits}, limit {live.ConnectionLimit}; declared: {role.CanLogIn}, {role.Inherits}, {role.ConnectionLimit}"));
        var settings = role.Settings.Select(setting => $"{setting.Name}={setting.Value}").Except(live.Settings).ToList();
        var here = live.Overridden(role);
        yield return EffectCell.Of(role.Name, "settings", "", settings.Count == 0 && here.Count == 0, string.Join("; ", new[]
        {
            settings.Count > 0 ? $"it lacks {string.Join("; ", settings)}" : "", here.Count > 0 ? $"in this database it has {string.Join("; ", here)}" : "",
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
        foreach (var found in state.Objects) yield return EffectCell.Of(owner, "owner", found.Name, found.Owner == owner, $"it belongs to {found.Owner}");
        foreach (var table in Tables.All.Where(table => !state.Objects.Any(found => found.Name == table.Name)))
            yield return EffectCell.Of(owner, "owner", table.Name, false, "the table is not there; run 'holdfast schema migrate'");
    }

    private static async Task<IReadOnlyList<EffectCell>> GrantsAsync(NpgsqlConnection connection, string schema, AccessOptions options, CancellationToken cancellationToken)
    {
        var cells = new List<EffectCell>();
        var direct = AccessScript.Grantees(schema, options).ToDictionary(role => role.Name);
        var declared = RoleSpecs.All(schema, options).Select(role => role.Name).Append("public").ToHashSet();
        foreach (var (grantee, name, rights, grantable) in await AccessState.QueryAsync(connection, AskGrants, [schema], row => (row.GetString(0), row.GetString(1), row.GetString(2), row.GetBoolean(3)), cancellationToken).ConfigureAwait(false))
        {
            if (!declared.Contains(grantee)) continue;
            if (!Tables.TryGet(name.Split('.')[0], out var table)) continue;
            var may = direct.TryGetValue(grantee, out var role) ? TableRights.Words(TableRights.Of(role.Role, table, options.RowSecurity)) : [];
            var extra = rights.Split(',').Except(may).ToList();
            if (name.Contains('.', StringComparison.Ordinal)) extra = [.. rights.Split(',')];
            if (grantable) extra.Add("the grant option");
            cells.Add(EffectCell.Of(grantee, "grants", name, extra.Count == 0, $"it has {string.Join(", ", extra)} beyond the declaration"));
        }
        foreach (var (grantee, right) in await AccessState.QueryAsync(connection, AskSchema, [schema], row => (row.GetString(0), row.GetString(1)), cancellationToken).ConfigureAwait(false))
            if (declared.Contains(grantee)) cells.Add(EffectCell.Of(grantee, "grants", schema, direct.ContainsKey(grantee) && right == "usage", $"it has {right} on the schema beyond the declaration"));
        return cells;
    }
}
