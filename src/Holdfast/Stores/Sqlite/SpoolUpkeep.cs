using Holdfast.Rows;

namespace Holdfast.Stores.Sqlite;

/// <summary>What comes into the spool from before there were providers, and what leaves it when its time is over.</summary>
internal static class SpoolUpkeep
{
    private const string Source = "spool";

    private const string AdoptedThrough = "select anchor_feed from relay_cursors where source = $1 and table_name = $2";

    private const string SetAdopted = """
        insert into relay_cursors (source, table_name, system_identifier, anchor_feed, repair_pending) values ($1, $2, '', $3, 0)
        on conflict (source, table_name) do update set anchor_feed = excluded.anchor_feed
        """;

    private const string Expired = "select tenant_id, table_name, id, stamp, holders, spooled_at from spool where released_at is not null and released_at < $1 order by released_at limit $2";

    private const string RedateWaiting = "update spool set spooled_at = $1 where spooled_at > $1 and released_at is null";

    private const string RedateReleased = "update spool set spooled_at = min(spooled_at, $1), released_at = $1 where released_at > $1";

    private const string Forget = "delete from spool where tenant_id = $1 and table_name = $2 and id = $3";

    /// <summary>
    /// Marks the rows that this file got while it was alone: they have to go out too. Looks only at what came since the last
    /// time.
    /// </summary>
    public static Task<int> AdoptAsync(SqliteStore store, TimeProvider time, CancellationToken cancellationToken) => store.TransactAsync(merge =>
    {
        var adopted = 0;
        foreach (var table in Tables.Appends)
        {
            var through = merge.Query(AdoptedThrough, [Source, table.Name], row => row.Integer(0)).FirstOrDefault();
            var last = merge.Scalar($"select coalesce(max(feed), 0) from {table.Name}");
            if (last == through) continue;
            adopted += merge.Execute(
                $"insert into spool (tenant_id, table_name, id, stamp, holders, spooled_at) select tenant_id, '{table.Name}', id, stamp, '', $2 from {table.Name} where feed > $1 on conflict do nothing",
                through, time.GetUtcNow());
            merge.Execute(SetAdopted, Source, table.Name, last);
        }
        return adopted;
    }, cancellationToken);

    /// <summary>
    /// Dates back what a clock that was ahead has dated into the future: it came before now, whatever the clock said, and
    /// nobody would look for it until then.
    /// </summary>
    public static Task<int> RedateAsync(SqliteStore store, DateTimeOffset now, CancellationToken cancellationToken) => store.TransactAsync(merge =>
        merge.Execute(RedateWaiting, now) + merge.Execute(RedateReleased, now), cancellationToken);

    /// <summary>
    /// Removes rows that were released before <paramref name="before"/>. Answers with how many, and with the holders of those
    /// that not all of <paramref name="providers"/> hold.
    /// </summary>
    public static Task<(int Removed, IReadOnlySet<string> Lacking)> PruneAsync(
        SqliteStore store, DateTimeOffset before, IReadOnlyList<string> providers, int countMax, CancellationToken cancellationToken) => store.TransactAsync(merge =>
    {
        var expired = merge.Query(Expired, [before, (long)countMax],
            row => (Tenant: row.Text(0), Table: Tables.Get(row.Text(1)), Id: row.Uuid(2), Holders: row.Text(4)));
        var lacking = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (tenant, table, id, holders) in expired)
        {
            lacking.UnionWith(providers.Where(provider => !holders.Contains($",{provider},", StringComparison.Ordinal)));
            if (table == Tables.Revisions) RemoveProjection(merge, tenant, id);
            // Erasures stay: a row that they cover may still arrive.
            if (table != Tables.Erasures) merge.Execute($"delete from {table.Name} where tenant_id = $1 and id = $2", tenant, id);
            merge.Execute(Forget, tenant, table.Name, id);
        }
        return (expired.Count, (IReadOnlySet<string>)lacking);
    }, cancellationToken);

    // A register whose winner leaves must leave too, else an old value would be read for the current one.
    private static void RemoveProjection(SqliteMerge merge, string tenant, Guid id)
    {
        foreach (var (register, key) in merge.Query("select target_table, target_key from revisions where tenant_id = $1 and id = $2", [tenant, id], row => (Tables.Get(row.Text(0)), row.Text(1))))
            merge.Execute($"delete from {register.Name} where tenant_id = $1 and key = $2 and stamp = $3", tenant, key, id);
    }
}
