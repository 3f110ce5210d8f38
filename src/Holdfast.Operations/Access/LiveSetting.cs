using Npgsql;

namespace Holdfast.Operations.Access;

/// <summary>What sessions start with, because somebody gave it to a role, to a database, or to a role in a database.</summary>
/// <param name="Role">Whose; null: everybody's.</param>
/// <param name="IsHere">In this database only, and before what holds in all of them.</param>
/// <param name="Name">Its name, as it was written.</param>
/// <param name="Value">Its value.</param>
/// <param name="MayReset">The connected role may set it, and so take it away, where it may alter that role or database.</param>
internal sealed record LiveSetting(string? Role, bool IsHere, string Name, string Value, bool MayReset)
{
    public override string ToString() => $"{Name}={Value}";
}

/// <summary>Reads what the sessions of roles in this database start with.</summary>
internal static class LiveSettings
{
    // A role may be set by everybody, and stands in no list of settings; one that no library knows (holdfast.tenant) takes a superuser.
    private const string Ask = """
        with known as materialized (select lower(g.name) as name from pg_settings g where g.context = 'user')
        select r.rolname::text, s.setdatabase <> 0, split_part(c.line, '=', 1), substr(c.line, strpos(c.line, '=') + 1),
          u.rolsuper or lower(split_part(c.line, '=', 1)) = 'role' or exists (select 1 from known k where k.name = lower(split_part(c.line, '=', 1))) or has_parameter_privilege(split_part(c.line, '=', 1), 'set')
        from pg_db_role_setting s cross join lateral unnest(s.setconfig) c(line) left join pg_roles r on r.oid = s.setrole, pg_roles u
        where u.rolname = current_user and (s.setrole = 0 or r.rolname = any($1)) and s.setdatabase in (0, (select d.oid from pg_database d where d.datname = current_database()))
        order by 1, 2, 3
        """;

    public static async Task<IReadOnlyList<LiveSetting>> ReadAsync(NpgsqlConnection connection, string[] roles, CancellationToken cancellationToken) =>
        await AccessState.QueryAsync(connection, Ask, [roles], row => new LiveSetting(row.IsDBNull(0) ? null : row.GetString(0), row.GetBoolean(1), row.GetString(2), row.GetString(3), row.GetBoolean(4)), cancellationToken).ConfigureAwait(false);
}
