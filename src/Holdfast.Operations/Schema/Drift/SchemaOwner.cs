using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>The role to make things as, so that they belong to who owns the rest of a schema.</summary>
/// <param name="Name">Its name.</param>
/// <param name="MayCreateSchemas">Whether it may make one in this database; else who came makes it and gives it away.</param>
internal sealed record SchemaOwner(string Name, bool MayCreateSchemas)
{
    // From PostgreSQL 16 on membership alone does not suffice to become a role.
    private const string Ask = """
        select has_database_privilege($1, current_database(), 'create') where current_user <> $1
          and pg_has_role(current_user, $1, case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end)
        """;

    /// <summary>Goes on as it until the session goes back to who came.</summary>
    public string Become => $"set role {SqlQuote.Name(Name)}";

    /// <summary>Null: as who came, who is the owner or may not become it. Asked as who came.</summary>
    public static async Task<SchemaOwner?> ToBeAsync(NpgsqlConnection connection, CatalogueFacts facts, CancellationToken cancellationToken)
    {
        if (facts.Owner.Length == 0) return null;
        var command = new NpgsqlCommand(Ask, connection) { Parameters = { new() { Value = facts.Owner } } };
        await using var _ = command.ConfigureAwait(false);
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is bool mayCreate ? new SchemaOwner(facts.Owner, mayCreate) : null;
    }
}
