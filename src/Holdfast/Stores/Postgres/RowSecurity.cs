using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>What row-level security lets a role see of the tables that hold tenants' rows.</summary>
/// <param name="ByTenant">It sees one tenant at a time: the one that the transaction names.</param>
/// <param name="Blind">A table of which no policy shows it anything; null: there is none.</param>
/// <param name="IsExempt">No policy can ever hold it: a superuser, or a role that bypasses them.</param>
/// <param name="HasMatching">There is a function that finds the tenant's messages by their words with the index, which a policy keeps from being used.</param>
internal readonly record struct RowSecurity(bool ByTenant, string? Blind, bool IsExempt, bool HasMatching)
{
    /// <summary>The name of that function: of a tenant and a query of words.</summary>
    public const string Matching = "matching";

    /// <summary>The setting that nobody has, by which a policy fails where no tenant is named.</summary>
    public const string Unnamed = "holdfast.no_tenant_is_named";

    /// <summary>
    /// Names the tenant for the transaction that it stands in; the policies read it with
    /// <c>nullif(current_setting('holdfast.tenant', true), '')</c> and fail where that is nothing. It ends with the transaction, so that behind a pooler the next
    /// client finds nothing of it. Parameter: tenant.
    /// </summary>
    public const string SetTenant = "select set_config('holdfast.tenant', $1, true)";

    /// <summary>
    /// A role that a policy shows all rows (the relay's), an owner and one that bypasses the policies are not held to a tenant.
    /// Parameters: schema, tables.
    /// </summary>
    public const string Look = $"""
        select coalesce(bool_or(active and (restricted or not all_rows)), false), min(name) filter (where active and not any_rows),
          coalesce((select rolsuper or rolbypassrls from pg_roles where rolname = current_user), false),
          exists (select 1 from pg_proc f join pg_namespace n on n.oid = f.pronamespace where n.nspname = $1 and f.proname = '{Matching}' and f.proargtypes = '25 25'::oidvector and has_function_privilege(f.oid, 'execute'))
        from (
          select c.relname::text as name, row_security_active(c.oid) as active,
            coalesce(bool_or(p.polpermissive), false) as any_rows,
            coalesce(bool_or(p.polpermissive and pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true'), false) as all_rows,
            coalesce(bool_or(not p.polpermissive), false) as restricted
          from pg_class c join pg_namespace n on n.oid = c.relnamespace
          left join pg_policy p on p.polrelid = c.oid and p.polcmd in ('*', 'r')
            and exists (select 1 from pg_catalog.unnest(p.polroles) r where r = 0 or pg_has_role(r, 'usage'))
          where n.nspname = $1 and c.relname = any ($2) and c.relkind in ('r', 'p')
          group by c.oid, c.relname
        ) seen
        """;

    private static readonly string[] Names = [.. Tables.All.Where(IsOfTenants).Select(table => table.Name)];

    /// <summary>Whether a table's rows belong to tenants.</summary>
    public static bool IsOfTenants(Table table) => table.Columns.Any(column => column.Name == "tenant_id");

    public static NpgsqlBatchCommand LookAt(string schema) =>
        new(Look) { Parameters = { new NpgsqlParameter { Value = schema }, new NpgsqlParameter { Value = Names } } };

    public static RowSecurity Read(NpgsqlDataReader reader) => new(reader.GetBoolean(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetBoolean(2), reader.GetBoolean(3));

    public static NpgsqlBatchCommand Tenant(string tenant) => new(SetTenant) { Parameters = { PostgresTypes.One(ColumnType.Text, tenant) } };

    /// <summary>A server that shows nothing at all would be taken for an empty one.</summary>
    /// <exception cref="SchemaException">No policy lets the role read one of the tables.</exception>
    public void Check(string address, string schema)
    {
        if (Blind is not null)
            throw new SchemaException($"{address}: row-level security is on for {schema}.{Blind}, and no policy lets this role see any of its rows: it would look empty. Run 'holdfast access apply --row-security' against it, or connect as a role that has a policy.");
    }
}
