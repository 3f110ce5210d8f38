using Holdfast.Rows;

namespace Holdfast.Stores.Queries;

/// <summary>How much is in a store: for people, so it counts instead of estimating.</summary>
internal static class StatusQueries
{
    private static readonly Statement Counts = new(
        string.Join(" union all ", Tables.All.Select(table => $"select '{table.Name}', (select count(*) from {{{table.Name}}}), pg_total_relation_size('{{{table.Name}}}')::bigint")),
        string.Join(" union all ", Tables.All.Select(table => $"select '{table.Name}', (select count(*) from {{{table.Name}}}), null")));

    private static readonly Statement Version = new("select max(version) from {schema_versions} where state = 'applied'");

    private static readonly Statement FileSize = new("select page_count * page_size from pragma_page_count(), pragma_page_size()");

    /// <summary>Rows of every table (of all tenants), and its bytes with indexes where the engine tells.</summary>
    public static IAsyncEnumerable<(string Table, long Rows, long? Bytes)> CountsAsync(IRowAccess store, CancellationToken cancellationToken) =>
        store.QueryAsync(Counts, [], row => (row.Text(0), row.Integer(1), row.IsNull(2) ? (long?)null : row.Integer(2)), cancellationToken);

    public static async Task<string?> SchemaVersionAsync(IRowAccess store, CancellationToken cancellationToken) =>
        await store.QueryAsync(Version, [], row => row.TextOrNull(0), cancellationToken).FirstOrDefaultAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Bytes of the whole local file.</summary>
    public static async Task<long> FileSizeAsync(IRowAccess store, CancellationToken cancellationToken) =>
        await store.QueryAsync(FileSize, [], row => row.Integer(0), cancellationToken).FirstAsync(cancellationToken).ConfigureAwait(false);
}
