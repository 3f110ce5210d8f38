using Holdfast.Rows;

namespace Holdfast.Stores.Queries;

/// <summary>Revisions that were made from one value without knowing of each other, and rows that lost against another of their key.</summary>
internal static class ConflictQueries
{
    private static readonly Statement Revised = new("""
        select distinct a.tenant_id, a.key from unnest($1::text[], $2::text[]) a(tenant_id, key)
        join {revisions} r on r.tenant_id = a.tenant_id and r.target_key = a.key and r.target_table = $3
        """);

    private static readonly string Columns = string.Join(", ", RowColumns.Read(Tables.Revisions).Select(column => "r." + column));

    private static readonly Statement Forks = new(ForksWith("is not distinct from"), ForksWith("is"));

    private static readonly Statement Marks = new("select key from {revisions} where tenant_id = $1 and key is not null");

    private static readonly Statement OfKey = new($"select {Columns} from {{revisions}} r where r.tenant_id = $1 and r.target_table = $2 and r.target_key = $3 order by r.stamp");

    private static readonly Statement Lost = new($"select {string.Join(", ", RowColumns.Read(Tables.Conflicts))} from {{conflicts}} where tenant_id = $1 order by stamp desc, id limit $2");

    /// <summary>Of these keys of a register, those that have a revision. PostgreSQL only.</summary>
    public static async Task<HashSet<RowKey>> RevisedAsync(IRowAccess store, Table register, IReadOnlyList<RowKey> keys, CancellationToken cancellationToken) =>
        await store.QueryAsync(Revised, [keys.Select(key => key.TenantId).ToArray(), keys.Select(key => key.Key).ToArray(), register.Name],
            row => new RowKey(row.Text(0), row.Text(1)), cancellationToken).ToHashSetAsync(cancellationToken: cancellationToken).ConfigureAwait(false);

    /// <summary>Every revision that shares its base with another, key by key, oldest first.</summary>
    public static IAsyncEnumerable<Row> ForksAsync(IRowAccess store, string tenantId, CancellationToken cancellationToken) =>
        store.QueryAsync(Forks, [tenantId], row => RowColumns.Row(Tables.Revisions, row), cancellationToken);

    /// <summary>What revisions say of the revisions that they settle.</summary>
    public static IAsyncEnumerable<string> MarksAsync(IRowAccess store, string tenantId, CancellationToken cancellationToken) =>
        store.QueryAsync(Marks, [tenantId], row => row.Text(0), cancellationToken);

    /// <summary>All revisions of one key, oldest first.</summary>
    public static IAsyncEnumerable<Row> RevisionsAsync(IRowAccess store, string tenantId, string register, string key, CancellationToken cancellationToken) =>
        store.QueryAsync(OfKey, [tenantId, register, key], row => RowColumns.Row(Tables.Revisions, row), cancellationToken);

    /// <summary>The newest rows that lost.</summary>
    public static IAsyncEnumerable<Row> LostAsync(IRowAccess store, string tenantId, int rowsMax, CancellationToken cancellationToken) =>
        store.QueryAsync(Lost, [tenantId, (long)rowsMax], row => RowColumns.Row(Tables.Conflicts, row), cancellationToken);

    private static string ForksWith(string same) => $$"""
        select {{Columns}} from {revisions} r
        join (select target_table, target_key, base from {revisions} where tenant_id = $1 group by target_table, target_key, base having count(*) > 1) f
          on f.target_table = r.target_table and f.target_key = r.target_key and f.base {{same}} r.base
        where r.tenant_id = $1 order by r.target_table, r.target_key, r.base, r.stamp
        """;
}
