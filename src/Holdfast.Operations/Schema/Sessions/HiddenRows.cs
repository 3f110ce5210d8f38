using Npgsql;

namespace Holdfast.Operations.Schema.Sessions;

/// <summary>Whether row-level security keeps rows of a table from the connected role: then a look that finds none proves nothing.</summary>
internal static class HiddenRows
{
    // Where the rules hold, one policy that shows all rows (as Holdfast's owner has) is as good as none, unless another narrows it.
    private const string Ask = """
        with policy as (
          select polpermissive, coalesce(pg_get_expr(polqual, polrelid), 'true') = 'true' as shows_all from pg_policy
          where polrelid = to_regclass($1) and polcmd in ('*', 'r')
            and exists (select from pg_catalog.unnest(polroles) as r(id) where r.id = 0 or pg_has_role(current_user, r.id, 'usage')))
        select current_user::text where row_security_active(to_regclass($1)::oid)
          and not (exists (select from policy where polpermissive and shows_all) and not exists (select from policy where not polpermissive and not shows_all))
        """;

    /// <summary>The role that they are kept from; null: it sees all.</summary>
    /// <param name="connection">Also in a transaction.</param>
    /// <param name="table">Its name as SQL.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    public static async Task<string?> FromAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Ask, connection) { Parameters = { new() { Value = table } } };
        await using var _ = command.ConfigureAwait(false);
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) as string;
    }
}
