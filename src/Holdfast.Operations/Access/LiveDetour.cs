using Npgsql;

namespace Holdfast.Operations.Access;

/// <summary>A view, or a function outside of the schema, by which a role reaches rows of Holdfast's tables with somebody else's rights.</summary>
/// <param name="IsRoutine">It is a function; else a view.</param>
/// <param name="Name">Its name with its schema, as SQL.</param>
/// <param name="IsHome">It is in Holdfast's schema.</param>
/// <param name="IsPublic">Everybody may use it.</param>
/// <param name="Owner">With whose rights.</param>
/// <param name="Users">Which of Holdfast's roles may.</param>
internal sealed record LiveDetour(bool IsRoutine, string Name, bool IsHome, bool IsPublic, string Owner, IReadOnlyList<string> Users)
{
    /// <summary>What ends it, where it was given to everybody; what Holdfast's roles were given goes with their other rights.</summary>
    public string Revoke => $"revoke all on {(IsRoutine ? "routine" : "table")} {Name} from public";
}

/// <summary>Reads them.</summary>
internal static class LiveDetours
{
    // A view shows all tenants' rows where it reads a table with its owner's rights, and so does every view over it; a materialized view always does.
    private const string AskViews = """
        with recursive depending (view, relation) as (
          select distinct w.ev_class, d.refobjid from pg_depend d join pg_rewrite w on w.oid = d.objid
          where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and w.ev_class <> d.refobjid
        ), views (view, relation, is_definers) as (
          select d.view, d.relation, v.relkind = 'm' or not exists (select 1 from unnest(v.reloptions) o where o ~ '^security_invoker=(true|on|yes|1)$')
          from depending d join pg_class v on v.oid = d.view where v.relkind in ('v', 'm')
        ), showing (view, shows_all) as (
          select v.view, v.is_definers from views v join pg_class t on t.oid = v.relation join pg_namespace n on n.oid = t.relnamespace where n.nspname = $1 and quote_ident(t.relname) = any($2)
          union
          select v.view, s.shows_all or (select relkind = 'm' from pg_class where oid = v.view) from showing s join views v on v.relation = s.view
        )
        select quote_ident(n.nspname) || '.' || quote_ident(c.relname), n.nspname = $1,
          exists (select 1 from aclexplode(c.relacl) a where a.grantee = 0) or exists (select 1 from pg_attribute t, aclexplode(t.attacl) a where t.attrelid = c.oid and a.grantee = 0),
          pg_get_userbyid(c.relowner)::text,
          array(select reader from unnest($3::text[]) reader where has_any_column_privilege(reader, c.oid, 'select') and has_schema_privilege(reader, n.oid, 'usage') order by 1)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid in (select s.view from showing s where s.shows_all)
        order by 1
        """;

    // What a body puts together when it runs nobody can read here. Triggers are not called, and what an extension brings is the provider's.
    private const string AskRoutines = """
        select quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')',
          exists (select 1 from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0), pg_get_userbyid(p.proowner)::text,
          array(select r from unnest($3::text[]) r where has_function_privilege(r, p.oid, 'execute') and has_schema_privilege(r, n.oid, 'usage') order by 1)
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where p.prosecdef and p.prokind in ('f', 'p') and n.nspname <> $1 and pg_get_userbyid(p.proowner) <> $4 and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
          and not exists (select 1 from pg_depend e where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e')
          and exists (select 1 from pg_class t join pg_namespace h on h.oid = t.relnamespace
            where h.nspname = $1 and t.relname = any($2) and has_table_privilege(p.proowner, t.oid, 'select, insert, update, delete') and (
              lower(replace(p.prosrc, '"', '')) ~ ('\m' || $1 || '\.' || t.relname || '\M')
              or (lower(p.prosrc) ~ ('\m' || t.relname || '\M') and exists (select 1 from unnest(p.proconfig) s where s ~ ('^search_path=.*\m' || $1 || '\M')))
              or exists (select 1 from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid)))
        order by 1
        """;

    /// <param name="connection">The server.</param>
    /// <param name="schema">Holdfast's.</param>
    /// <param name="others">Tables beside the catalogue's that hold rows of tenants, as SQL.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IReadOnlyList<LiveDetour>> ReadAsync(NpgsqlConnection connection, string schema, IEnumerable<string> others, CancellationToken cancellationToken)
    {
        string[] roles = [.. RoleSpecs.All(schema, new AccessOptions()).Where(role => role.Role is Holdfast.Rows.AccessRole.App or Holdfast.Rows.AccessRole.ReadOnly or Holdfast.Rows.AccessRole.Monitor).Select(role => role.Name)];
        string[] users = [.. await AccessState.QueryAsync(connection, "select rolname::text from pg_roles where rolname = any($1)", [roles], row => row.GetString(0), cancellationToken).ConfigureAwait(false)];
        string[] tables = [.. RowSecurity.Protected.Select(table => table.Name)];
        return
        [
            .. await AccessState.QueryAsync(connection, AskViews, [schema, (string[])[.. tables.Union(others)], users],
                row => new LiveDetour(IsRoutine: false, row.GetString(0), row.GetBoolean(1), row.GetBoolean(2), row.GetString(3), row.GetFieldValue<string[]>(4)), cancellationToken).ConfigureAwait(false),
            .. await AccessState.QueryAsync(connection, AskRoutines, [schema, tables, users, RoleSpecs.Owner(schema)],
                row => new LiveDetour(IsRoutine: true, row.GetString(0), IsHome: false, row.GetBoolean(1), row.GetString(2), row.GetFieldValue<string[]>(3)), cancellationToken).ConfigureAwait(false),
        ];
    }
}
