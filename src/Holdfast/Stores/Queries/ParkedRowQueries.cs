namespace Holdfast.Stores.Queries;

/// <summary>A row that a store refused from the relay; it is tried again after a migration.</summary>
internal sealed record ParkedRow(string TenantId, string Table, Guid Id, string Source, string Error, DateTimeOffset RejectedAt);

internal static class ParkedRowQueries
{
    private static readonly Statement Newest = new("select tenant_id, table_name, id, source, error, rejected_at from {relay_rejects} order by rejected_at desc, tenant_id, table_name, id limit $1");

    public static async Task<IReadOnlyList<ParkedRow>> NewestAsync(IRowAccess store, int rowsMax, CancellationToken cancellationToken) =>
        await store.QueryAsync(Newest, [(long)rowsMax], row => new ParkedRow(row.Text(0), row.Text(1), row.Uuid(2), row.Text(3), row.Text(4), row.Time(5)), cancellationToken)
            .ToListAsync(cancellationToken).ConfigureAwait(false);
}
