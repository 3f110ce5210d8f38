using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Schema.Sessions;

/// <summary>Lets a migration be run by the role that owns the schema, so that what it makes has the owner's default rights.</summary>
internal static class OwnerRole
{
    // From PostgreSQL 16 on membership alone does not suffice to become a role.
    // Roles belong to the server: an owner of this name may be that of another database, and may make nothing in this one.
    private const string Ask = """
        select pg_catalog.quote_ident(r.rolname) from pg_roles r left join pg_namespace n on n.nspname = $1
        where r.rolname = $1 || '_owner' and r.rolname <> session_user and (n.nspowner = r.oid or (n.oid is null and has_database_privilege(r.oid, current_database(), 'create')))
          and pg_has_role(session_user, r.oid, case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end)
        """;

    // A migrator's: a member that does not inherit.
    private const string AskWhereNeeded = Ask + " and not pg_has_role(session_user, r.oid, 'usage')";

    /// <summary>
    /// Becomes the owner for the rest of the session, where <c>access apply</c> has made one, the schema is its or is not there yet, and the connected role may. For
    /// a direct connection that is closed afterwards: a pooler would hand the role on.
    /// </summary>
    /// <returns>The role's name, quoted where it must be; null: nothing was changed.</returns>
    public static Task<string?> AssumeAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken) => AssumeAsync(connection, schema, Ask, cancellationToken);

    /// <summary>The same, only where the connected role could not even read the schema otherwise; who has the owner's rights as it is keeps its own view of others' sessions.</summary>
    public static Task<string?> AssumeWhereNeededAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken) => AssumeAsync(connection, schema, AskWhereNeeded, cancellationToken);

    private static async Task<string?> AssumeAsync(NpgsqlConnection connection, string schema, string sql, CancellationToken cancellationToken)
    {
        var ask = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = schema } } };
        await using var _ = ask.ConfigureAwait(false);
        if (await ask.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not string answer) return null;
        var owner = SqlQuote.Quoted(answer);
        var command = new NpgsqlCommand($"set role {owner}", connection);
        await using var __ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        return owner;
    }
}
