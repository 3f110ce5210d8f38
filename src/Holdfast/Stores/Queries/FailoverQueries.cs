namespace Holdfast.Stores.Queries;

/// <summary>The changes of route, the newest first.</summary>
internal static class FailoverQueries
{
    private static readonly Statement Newest = new("""
        select occurred_at, from_provider, to_provider, cause, detection_ms, switch_ms, content from {failover_events}
        where tenant_id = $1 order by occurred_at desc, stamp desc limit $2
        """);

    public static IAsyncEnumerable<T> NewestAsync<T>(IRowAccess store, string tenantId, int countMax, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.QueryAsync(Newest, [tenantId, (long)countMax], read, cancellationToken);
}
