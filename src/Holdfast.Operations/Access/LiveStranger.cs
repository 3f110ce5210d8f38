using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Access;

/// <summary>What a role that is not Holdfast's was granted in the schema.</summary>
/// <param name="Role">Who.</param>
/// <param name="QuotedRole">The same as SQL.</param>
/// <param name="Kind"><c>tables</c>, <c>columns</c>, <c>sequences</c>, <c>functions</c>, <c>schema</c>, <c>later objects</c>.</param>
/// <param name="Name">Of which one, as SQL.</param>
/// <param name="Words">What.</param>
/// <param name="IsDefiner">A function that runs with its owner's rights.</param>
internal sealed record LiveStranger(string Role, string QuotedRole, string Kind, string Name, IReadOnlyList<string> Words, bool IsDefiner)
{
    /// <summary>Whoever makes something in the schema is run by Holdfast's roles, which look there first; erase() and matching() do what their owner may.</summary>
    public bool MayBecomeOwner => (Kind == "schema" && Words.Contains("create")) || (IsDefiner && Words.Contains("execute"));

    /// <summary>Ends that.</summary>
    public string Revoke(string schema) => Kind == "schema" ? $"revoke create on schema {schema} from {QuotedRole} cascade" : $"revoke all on routine {schema}.{Name} from {QuotedRole} cascade";
}

/// <summary>Reads it.</summary>
internal static class LiveStrangers
{
    private const string Ask = """
        select r.rolname::text, quote_ident(r.rolname), x.kind, x.name, array_agg(distinct lower(a.privilege_type) order by lower(a.privilege_type)), x.is_definer
        from (
          select case c.relkind when 'S' then 'sequences' else 'tables' end as kind, quote_ident(c.relname) as name, c.relowner as owner, c.relacl as acl, false as is_definer
          from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
          union all
          select 'columns', quote_ident(c.relname) || '.' || quote_ident(t.attname), c.relowner, t.attacl, false
          from pg_attribute t join pg_class c on c.oid = t.attrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and t.attnum > 0 and not t.attisdropped
          union all
          select 'functions', quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')', p.proowner, p.proacl, p.prosecdef from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = $1
          union all
          select 'schema', quote_ident(n.nspname), n.nspowner, n.nspacl, false from pg_namespace n where n.nspname = $1
          union all
          select 'later objects', f.defaclobjtype::text, f.defaclrole, f.defaclacl, false from pg_default_acl f where pg_get_userbyid(f.defaclrole) = $3
        ) x, aclexplode(x.acl) a join pg_roles r on r.oid = a.grantee
        where a.grantee <> x.owner and not r.rolsuper and r.rolname <> all($2)
        group by 1, 2, 3, 4, x.is_definer order by 1, 3 desc, 4
        """;

    public static async Task<IReadOnlyList<LiveStranger>> ReadAsync(NpgsqlConnection connection, string schema, string[] roles, CancellationToken cancellationToken) =>
        await AccessState.QueryAsync(connection, Ask, [schema, roles, RoleSpecs.Owner(schema)],
            row => new LiveStranger(row.GetString(0), SqlQuote.Quoted(row.GetString(1)), row.GetString(2), row.GetString(3), row.GetFieldValue<string[]>(4), row.GetBoolean(5)), cancellationToken).ConfigureAwait(false);

    /// <summary>All of it in words, by role: <c>maria (select on 3 tables, usage on schema)</c>.</summary>
    public static IEnumerable<string> Text(IEnumerable<LiveStranger> strangers) => strangers.GroupBy(one => one.Role)
        .Select(role => $"{role.Key} ({string.Join(", ", role.GroupBy(one => one.Kind).Select(kind => $"{string.Join(", ", kind.SelectMany(one => one.Words).Distinct().Order(StringComparer.Ordinal))} on {(kind.Key is "schema" or "later objects" ? kind.Key : $"{kind.Count()} {kind.Key}")}"))})");
}
