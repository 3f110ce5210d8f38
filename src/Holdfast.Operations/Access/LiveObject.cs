using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Access;

/// <summary>A table, view, sequence or function in the schema.</summary>
/// <param name="Kind"><c>table</c>, <c>view</c>, <c>materialized view</c>, <c>sequence</c>, <c>foreign table</c>, <c>function</c>, <c>procedure</c>, <c>aggregate</c>.</param>
/// <param name="Name">Its name; a function's with its arguments; quoted where it must be.</param>
/// <param name="Signature">The same; a function's with the types of its arguments alone.</param>
/// <param name="Owner">Who owns it.</param>
internal sealed record LiveObject(string Kind, string Name, string Signature, string Owner)
{
    /// <summary>The connected role may act as its owner.</summary>
    public required bool IsOurs { get; init; }

    /// <summary>Its owner may do what Holdfast's owner may anyway: a superuser, the connected role, who owns the database or the schema.</summary>
    public required bool IsTrusted { get; init; }

    /// <summary>Its owner is a superuser or the connected role.</summary>
    public bool IsAdministrators { get; init; }

    /// <summary>Whoever uses it reaches what is behind it with its owner's rights: a SECURITY DEFINER function, a view that is no invoker's, a materialized view.</summary>
    public required bool IsDefiner { get; init; }

    /// <summary>The type of a table's <c>tenant_id</c>; null where it has none.</summary>
    public required string? TenantType { get; init; }

    /// <summary>Row-level security is on and holds for the owner too.</summary>
    public required bool RowSecurity { get; init; }

    /// <summary>Row-level security is on or forced.</summary>
    public bool HasRowSecurity { get; init; }

    /// <summary>Triggers that fire always, whatever the row and whatever the session's replication role: <c>name|type|schema.function</c>.</summary>
    public required IReadOnlyList<string> Firing { get; init; }

    /// <summary>The names of all triggers.</summary>
    public required IReadOnlyList<string> Triggers { get; init; }

    /// <summary>It belongs to a column, has the owner of its table and goes with it.</summary>
    public bool IsOwned { get; init; }

    public IReadOnlyList<LivePolicy> Policies { get; init; } = [];

    /// <summary>Its kind and its name in a schema, as they stand in SQL.</summary>
    public string Target(string schema) => $"{Word} {SqlIn(schema)}";

    /// <summary>Its name in a schema, as it stands in SQL.</summary>
    public string SqlIn(string schema) => $"{schema}.{(IsRoutine ? SqlQuote.Part(Name) : SqlQuote.Quoted(Name))}";

    public bool IsRoutine => Kind is "function" or "procedure" or "aggregate";

    private string Word => SqlQuote.OneOf(Kind, "table", "view", "materialized view", "sequence", "foreign table", "function", "procedure", "aggregate");
}

/// <summary>A policy of row-level security as it is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="QuotedName">The same as SQL.</param>
/// <param name="IsForAll">For all commands, and it lets rows pass; one that is for some, or that only keeps rows back, is not.</param>
/// <param name="Roles">For whom; <c>public</c>: for everybody.</param>
/// <param name="Condition">Which rows are seen.</param>
/// <param name="Check">Which rows may be written.</param>
internal sealed record LivePolicy(string Name, string QuotedName, bool IsForAll, IReadOnlyList<string> Roles, string Condition, string Check);

/// <summary>Reads what stands in a schema.</summary>
internal static class LiveObjects
{
    // What belongs to a column or an extension goes with it.
    private const string Ask = """
        select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table' else 'table' end,
          quote_ident(c.relname), quote_ident(c.relname), o.rolname::text, pg_has_role(c.relowner, 'usage'), o.rolsuper or o.rolname = current_user or o.oid in (n.nspowner, d.datdba),
          c.relkind = 'm' or (c.relkind = 'v' and not exists (select 1 from unnest(c.reloptions) x where x ~ '^security_invoker=(true|on|yes|1)$')),
          (select format_type(a.atttypid, null) from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'f')),
          c.relrowsecurity and c.relforcerowsecurity,
          array(select concat_ws('|', t.tgname, t.tgtype, fn.nspname || '.' || f.proname) from pg_trigger t join pg_proc f on f.oid = t.tgfoid join pg_namespace fn on fn.oid = f.pronamespace
            where t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled = 'A' and t.tgqual is null and t.tgconstraint = 0 and t.tgattr::text = ''),
          array(select t.tgname::text from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal), o.rolsuper or o.rolname = current_user, c.relrowsecurity or c.relforcerowsecurity
        from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles o on o.oid = c.relowner join pg_database d on d.datname = current_database()
        where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
          and not exists (select 1 from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.objsubid = 0 and (e.deptype = 'e' or (e.deptype in ('a', 'i') and c.relkind = 'S')))
        union all
        select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end,
          quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')', quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')',
          o.rolname::text, pg_has_role(p.proowner, 'usage'), o.rolsuper or o.rolname = current_user or o.oid in (n.nspowner, d.datdba), p.prosecdef, null, false, '{}', '{}', o.rolsuper or o.rolname = current_user, false
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles o on o.oid = p.proowner join pg_database d on d.datname = current_database()
        where n.nspname = $1 and not exists (select 1 from pg_depend e where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e')
        order by 1, 2
        """;

    private const string AskPolicies = """
        select quote_ident(c.relname), p.polname::text, quote_ident(p.polname), p.polcmd = '*' and p.polpermissive,
          array(select case r when 0 then 'public' else pg_get_userbyid(r)::text end from unnest(p.polroles) r order by 1),
          coalesce(pg_get_expr(p.polqual, p.polrelid), ''), coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')
        from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 order by 1, 2
        """;

    public static async Task<IReadOnlyList<LiveObject>> ReadAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        var policies = (await AccessState.QueryAsync(connection, AskPolicies, [schema], row => (Table: row.GetString(0),
            Policy: new LivePolicy(row.GetString(1), SqlQuote.Quoted(row.GetString(2)), row.GetBoolean(3), row.GetFieldValue<string[]>(4), row.GetString(5), row.GetString(6))), cancellationToken).ConfigureAwait(false))
            .ToLookup(one => one.Table, one => one.Policy);
        return await AccessState.QueryAsync(connection, Ask, [schema], row => new LiveObject(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3))
        {
            IsOurs = row.GetBoolean(4), IsTrusted = row.GetBoolean(5), IsDefiner = row.GetBoolean(6), TenantType = row.IsDBNull(7) ? null : row.GetString(7), RowSecurity = row.GetBoolean(8),
            Firing = row.GetFieldValue<string[]>(9), Triggers = row.GetFieldValue<string[]>(10), Policies = [.. policies[row.GetString(1)]],
            IsAdministrators = row.GetBoolean(11), HasRowSecurity = row.GetBoolean(12),
        }, cancellationToken).ConfigureAwait(false);
    }
}
