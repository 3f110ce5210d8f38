using System.Collections.Frozen;
using Holdfast.Rows;

namespace Holdfast.Stores.Queries;

/// <summary>A register's current value.</summary>
/// <param name="Revision">Its stamp: what a change names as its base.</param>
/// <param name="Content">Its content as JSON; null when it was erased.</param>
internal sealed record RegisterValue(Stamp Revision, string? Content);

internal static class RegisterQueries
{
    private static readonly FrozenDictionary<Table, Statement> One = Tables.Registers.ToFrozenDictionary(
        table => table, table => new Statement($"select stamp, content from {{{table.Name}}} where tenant_id = $1 and key = $2"));

    /// <summary>Null: there is none. A store that does not answer throws.</summary>
    public static async Task<RegisterValue?> ReadAsync(IRowAccess store, Table register, string tenantId, string key, CancellationToken cancellationToken) =>
        await store.QueryAsync(One[register], [tenantId, key], row => new RegisterValue(row.Stamp(0), row.TextOrNull(1)), cancellationToken)
            .FirstOrDefaultAsync(cancellationToken).ConfigureAwait(false);
}
