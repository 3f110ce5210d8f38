using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Access;

/// <summary>Something that belongs to one of Holdfast's roles that may own nothing.</summary>
/// <param name="Role">To whom.</param>
/// <param name="What">What it is, for people.</param>
/// <param name="Mend">What ends it; null: <c>access apply</c> does.</param>
internal sealed record LiveOwned(string Role, string What, string? Mend);

/// <summary>Reads it. A role may make large objects, which no grant can take away.</summary>
internal static class LiveOwnership
{
    private const int ShownMax = 20;

    // Of another database only that there is something can be read.
    private const string Ask = """
        select x.rolname, coalesce(x.what, x.n || ' objects in database ' || x.datname), x.datname, x.is_large, x.objid::text, x.is_planned, x.n from (
          select r.rolname::text, d.datname::text, s.classid = 'pg_largeobject'::regclass as is_large, s.objid, coalesce(s.classid in ('pg_class'::regclass, 'pg_proc'::regclass) and i.schema = $2, false) as is_planned,
            pg_describe_object(s.classid, s.objid, s.objsubid) as what, 1::bigint as n, row_number() over (partition by r.oid order by s.classid, s.objid) as number
          from pg_shdepend s join pg_roles r on r.oid = s.refobjid join pg_database d on d.datname = current_database(), pg_identify_object(s.classid, s.objid, s.objsubid) i
          where s.refclassid = 'pg_authid'::regclass and s.deptype = 'o' and r.rolname = any($1) and s.dbid in (0, d.oid)
          union all
          select r.rolname::text, d.datname::text, false, 0::oid, false, null, count(*), 1
          from pg_shdepend s join pg_roles r on r.oid = s.refobjid join pg_database d on d.oid = s.dbid
          where s.refclassid = 'pg_authid'::regclass and s.deptype = 'o' and r.rolname = any($1) and d.datname <> current_database() group by 1, 2) x
        where x.number <= $3 order by 1, 2
        """;

    public static async Task<IReadOnlyList<LiveOwned>> ReadAsync(NpgsqlConnection connection, string schema, string owner, string[] roles, CancellationToken cancellationToken) =>
        await AccessState.QueryAsync(connection, Ask, [roles, schema, ShownMax], row =>
        {
            var (role, isLarge, number) = (row.GetString(0), row.GetBoolean(3), row.GetString(4));
            return new LiveOwned(role, row.GetString(1), row.GetBoolean(5) ? null
                : isLarge ? $"alter large object {number} owner to {owner}; or, when nobody needs it: select lo_unlink({number})"
                : $"reassign owned by {role} to {owner}; in the database {SqlQuote.Name(row.GetString(2))}");
        }, cancellationToken).ConfigureAwait(false);
}
