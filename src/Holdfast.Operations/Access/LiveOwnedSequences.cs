using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Operations.Access;

/// <summary>Reads the sequences behind the serial columns of tables that the catalogue does not know. Behind an identity column nobody needs a right.</summary>
internal static class LiveOwnedSequences
{
    private const string Ask = """
        select quote_ident(s.relname), o.rolname::text, pg_has_role(s.relowner, 'usage'), quote_ident(t.relname)
        from pg_class s join pg_namespace n on n.oid = s.relnamespace join pg_roles o on o.oid = s.relowner
          join pg_depend e on e.classid = 'pg_class'::regclass and e.objid = s.oid and e.objsubid = 0 and e.refclassid = 'pg_class'::regclass and e.deptype = 'a'
          join pg_class t on t.oid = e.refobjid
        where n.nspname = $1 and s.relkind = 'S' order by 1
        """;

    public static async Task<IReadOnlyList<LiveObject>> ReadAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        var found = await AccessState.QueryAsync(connection, Ask, [schema], row => (Table: row.GetString(3), Sequence: new LiveObject("sequence", row.GetString(0), row.GetString(0), row.GetString(1))
        {
            IsOurs = row.GetBoolean(2), IsTrusted = true, IsDefiner = false, TenantType = null, RowSecurity = false, Firing = [], Triggers = [], IsOwned = true,
        }), cancellationToken).ConfigureAwait(false);
        return [.. found.Where(one => !Tables.TryGet(one.Table, out _)).Select(one => one.Sequence)];
    }
}
