using Holdfast.Rows;

namespace Holdfast.Operations.Access;

/// <summary>
/// <c>erase(tenant, user, session)</c>: forgets a user or a session with one statement of SQL, for those who have no program of Holdfast's at hand. It does
/// what <c>holdfast forget</c> does on one server: a row in <c>erasures</c>, content emptied, rows kept, and another sweep once older transactions have ended. The
/// relay brings the erasure to the other providers.
/// </summary>
/// <remarks>
/// Its record is the erasure itself: <c>occurred_at</c> says when, <c>user_id</c> or <c>session_id</c> what, <c>key</c> who and how many rows. So it is on
/// every provider, and nobody can delete or change it (<see cref="RecordGuard"/>).
/// </remarks>
internal static class EraseFunction
{
    public const string Name = "erase";

    public const string Signature = "erase(text, text, text)";

    /// <summary>How the record of an erasure begins that was made by this function.</summary>
    public const string Record = "erase by ";

    public static IEnumerable<AccessStatement> Statements(string schema, string roles, AccessOptions options)
    {
        yield return new(AccessPart.Function, Name, Create(schema, options));
        yield return new(AccessPart.Ownership, Name, $"alter function {schema}.{Signature} owner to {RoleSpecs.Owner(roles)}");
        yield return new(AccessPart.Grant, Name, $"revoke all on function {schema}.{Signature} from public, {AccessScript.Names(roles, options)}");
        yield return new(AccessPart.Grant, Name, $"grant execute on function {schema}.{Signature} to {RoleSpecs.App(roles)}");
    }

    private static string Create(string schema, AccessOptions options) => $"""
        create or replace function {schema}.{Signature.Replace("text, text, text", "tenant_id text, user_id text, session_id text", StringComparison.Ordinal)} returns table (erasure_id uuid, rows_emptied bigint)
        language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
        #variable_conflict use_column
        declare
          number uuid := (overlay(lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') placing '-' from 9 for 0) || '-7fff-' || substr(gen_random_uuid()::text, 20))::uuid;
          through uuid := number;
          newest uuid;
          emptied bigint;
          total bigint := 0;
        begin
          if $1 is null or ($2 is null) = ($3 is null) then
            raise exception 'erase: name the tenant and either a user or a session' using errcode = '22023';
          end if;
          {(options.RowSecurity ? $"""
        if $1 is distinct from nullif(current_setting('{AccessOptions.TenantSetting}', true), '') then
            raise exception 'erase: % is not the tenant of this transaction ({AccessOptions.TenantSetting})', $1 using errcode = '42501';
          end if;
        """ : "")}
          -- Through every stamp of the scope that stands here, also those of a clock that was ahead.
          select max(s::text)::uuid into newest from ({string.Join(" union all ", Tables.Erasable.Select(table => $"select max(t.stamp::text) from {schema}.{table.Name} t where t.tenant_id = $1 and (t.user_id = $2 or t.session_id = $3)"))}) as of_tables(s);
          through := greatest(number, newest);
          {string.Concat(Tables.Erasable.Select(table => Sweep(schema, table)))}-- Last, because it says how many rows, and is never changed.
          insert into {schema}.erasures (tenant_id, id, stamp, user_id, session_id, key, occurred_at, through)
            values ($1, number, through, $2, $3, '{Record}' || session_user || ': ' || total || ' rows', clock_timestamp(), through);
          insert into {schema}.erasure_sweeps (tenant_id, erasure_id, horizon) values ($1, number, '0'::xid8) on conflict do nothing;
          return query select number, total;
        end
        $$
        """;

    private static string Sweep(string schema, Table table)
    {
        var erasable = table.Columns.Where(column => column.Erasable).Select(column => column.Name).ToList();
        return $"""
            update {schema}.{table.Name} t set {string.Join(", ", erasable.Select(name => $"{name} = null"))}
              where t.tenant_id = $1 and t.stamp <= through and (t.user_id = $2 or t.session_id = $3) and ({string.Join(" or ", erasable.Select(name => $"t.{name} is not null"))});
              get diagnostics emptied = row_count;
              total := total + emptied;

            """ + "  ";
    }
}
