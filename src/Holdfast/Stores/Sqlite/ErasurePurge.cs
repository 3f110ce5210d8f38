namespace Holdfast.Stores.Sqlite;

/// <summary>
/// Takes what was erased out of the bytes of the local file: rows are empty by then, but the full-text index keeps its words
/// until its parts are merged, free pages keep their last content, and so does the write-ahead log.
/// </summary>
internal static class ErasurePurge
{
    private const string Index = "session_memories_text";

    /// <summary>Pages of the index that are merged at a time; other writes go in between.</summary>
    private const int MergePages = 500;

    /// <summary>An index that is larger takes several calls.</summary>
    private const int MergesMax = 40;

    /// <summary>Bytes of a row that free pages are filled with.</summary>
    private const int FillBytes = 250_000;

    private const string Merge = $"insert into {Index} ({Index}, rank) values ('merge', $1)";

    private static readonly Statement Due = new("select tenant_id, erasure_id from {erasure_sweeps}");

    /// <summary>Marks that an erasure emptied something. Runs in its transaction.</summary>
    public const string Mark = "insert into erasure_sweeps (tenant_id, erasure_id, horizon) values ($1, $2, 0) on conflict do nothing";

    /// <summary>False while the index is not merged, or a reader keeps the log from being emptied; then it is to be called again.</summary>
    public static async Task<bool> RunAsync(SqliteStore store, CancellationToken cancellationToken)
    {
        var due = await store.QueryAsync(Due, [], row => (Tenant: row.Text(0), Id: row.Uuid(1)), cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
        if (due.Count == 0) return true;
        if (!await MergeIndexAsync(store, cancellationToken).ConfigureAwait(false)) return false;
        await store.TransactAsync(FillFreePages, cancellationToken).ConfigureAwait(false);
        if (!await store.TruncateLogAsync(cancellationToken).ConfigureAwait(false)) return false;
        await store.TransactAsync(merge => due.Sum(erasure => merge.Execute("delete from erasure_sweeps where tenant_id = $1 and erasure_id = $2", erasure.Tenant, erasure.Id)), cancellationToken).ConfigureAwait(false);
        return true;
    }

    // A negative number brings all parts to one level, or goes on with what has begun; then it goes on until there is one part.
    private static async Task<bool> MergeIndexAsync(SqliteStore store, CancellationToken cancellationToken)
    {
        for (var i = 0; i < MergesMax; i++)
        {
            var pages = i == 0 ? -MergePages : MergePages;
            if (await store.TransactAsync(merge => Changes(merge, pages), cancellationToken).ConfigureAwait(false) < 2) return true;
        }
        return false;
    }

    private static long Changes(SqliteMerge merge, int pages)
    {
        var before = merge.Scalar("select total_changes()");
        merge.Execute(Merge, pages);
        return merge.Scalar("select total_changes()") - before;
    }

    // Nothing zeroes pages that are free already. A table that takes them all overwrites them; it never leaves the transaction.
    private static long FillFreePages(SqliteMerge merge)
    {
        var filled = 0L;
        merge.Execute("create table erasure_fill (zeros BLOB)");
        while (merge.Scalar("select freelist_count from pragma_freelist_count()") > 0) filled += merge.Execute("insert into erasure_fill values (zeroblob($1))", FillBytes);
        merge.Execute("drop table erasure_fill");
        return filled;
    }
}
