namespace Holdfast.Stores.Queries;

internal static class SettingQueries
{
    private static readonly Statement All = new("select stamp, content from {settings} where tenant_id = $1 and content is not null order by category, name");

    private static readonly Statement OfCategory = new("select stamp, content from {settings} where tenant_id = $1 and category = $2 and content is not null order by name");

    public static IAsyncEnumerable<T> ListAsync<T>(IRowAccess store, string tenantId, string? category, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        category is null ? store.QueryAsync(All, [tenantId], read, cancellationToken) : store.QueryAsync(OfCategory, [tenantId, category], read, cancellationToken);
}
