using Npgsql;

namespace Holdfast.Operations.Schema.Sessions;

/// <summary>
/// Lets an administrator's session find names in the catalogue alone. Who owns a database, and no more, may make functions in its
/// schema <c>public</c> whose parameters fit better than those of the catalogue's (CVE-2018-1058): what calls <c>unnest</c> or
/// <c>quote_ident</c> would run them with the administrator's rights.
/// </summary>
internal static class SafePath
{
    public const string Value = "pg_catalog, pg_temp";

    // In one statement, so that behind a pooler, which would hand the setting on to others, nothing is set.
    private const string Pin = "select case when pg_catalog.pg_backend_pid() operator(pg_catalog.=) $1 then pg_catalog.set_config('search_path', $2, false) end";

    /// <summary>Sets it for the rest of the session.</summary>
    /// <returns>False: a pooler answers, and nothing was set.</returns>
    public static async Task<bool> PinAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Pin, connection) { Parameters = { new() { Value = connection.ProcessID }, new() { Value = Value } } };
        await using var _ = command.ConfigureAwait(false);
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is string;
    }
}
