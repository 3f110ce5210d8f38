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

/// <summary>A register's row as it stands in a store.</summary>
internal sealed record RegisterRow(Table Table, string TenantId, string Key, Stamp Stamp, string? UserId, string? SessionId, DateTimeOffset OccurredAt, string? Content)
{
    private static readonly FrozenDictionary<Table, Statement> Many = Tables.Registers.ToFrozenDictionary(table => table, table => new Statement($$"""
        select t.tenant_id, t.key, t.stamp, t.user_id, t.session_id, t.occurred_at, t.content
        from unnest($1::text[], $2::text[]) a(tenant_id, key) join {{{table.Name}}} t using (tenant_id, key)
        """));

    /// <summary>Rows of a register by their keys; what is not there is left out. PostgreSQL only.</summary>
    public static IAsyncEnumerable<RegisterRow> ReadAsync(IRowAccess store, Table register, IReadOnlyList<RowKey> keys, CancellationToken cancellationToken) =>
        store.QueryAsync(Many[register], [keys.Select(key => key.TenantId).ToArray(), keys.Select(key => key.Key).ToArray()], row => new RegisterRow(
            register, row.Text(0), row.Text(1), row.Stamp(2), row.TextOrNull(3), row.TextOrNull(4), row.Time(5), row.TextOrNull(6)), cancellationToken);

    /// <summary>The revision that says just this.</summary>
    public Row ToRevision() => new(Tables.Revisions, TenantId, Stamp.Value, Stamp, UserId, SessionId, Key: null, OccurredAt, [Table.Name, Key, null, Content]);
}
