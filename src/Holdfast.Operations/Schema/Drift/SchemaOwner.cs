using Holdfast.Operations.Schema.Catalogue;
using Npgsql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>The role to make things as, so that they belong to who owns the rest of a schema.</summary>
internal static class SchemaOwner
{
    private const string IsMember = "select pg_has_role(current_user, $1, 'member')";

    /// <summary>Null: as who came, who is the owner or may not become it.</summary>
    public static async Task<string?> ToBeAsync(NpgsqlConnection connection, CatalogueFacts facts, CancellationToken cancellationToken)
    {
        if (facts.Owner == facts.Role || facts.Owner.Length == 0) return null;
        var command = new NpgsqlCommand(IsMember, connection) { Parameters = { new() { Value = facts.Owner } } };
        await using var _ = command.ConfigureAwait(false);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))! ? facts.Owner : null;
    }
}
