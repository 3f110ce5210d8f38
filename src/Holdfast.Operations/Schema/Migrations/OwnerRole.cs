using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Lets a migration be run by the role that owns the schema, so that what it makes has the owner's default rights.</summary>
internal static class OwnerRole
{
    // From PostgreSQL 16 on membership alone does not suffice to become a role.
    private const string Ask = """
        select quote_ident(r.rolname) from pg_roles r left join pg_namespace n on n.nspname = $1
        where r.rolname = $1 || '_owner' and r.rolname <> current_user and (n.nspowner = r.oid or (n.oid is null and has_database_privilege(r.oid, current_database(), 'create')))
          and pg_has_role(r.oid, case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end)
        """;

    /// <summary>
    /// Becomes the owner for the rest of the session, where <c>access apply</c> has made one, the schema is its or is not there yet, and the connected role may. For
    /// a direct connection that is closed afterwards: a pooler would hand the role on.
    /// </summary>
    /// <returns>The role's name, quoted where it must be; null: nothing was changed.</returns>
    public static async Task<string?> AssumeAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        var ask = new NpgsqlCommand(Ask, connection) { Parameters = { new() { Value = schema } } };
        await using var _ = ask.ConfigureAwait(false);
        if (await ask.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not string answer) return null;
        var owner = SqlQuote.Quoted(answer);
        var command = new NpgsqlCommand($"set role {owner}", connection);
        await using var __ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        return owner;
    }
}
