using Holdfast.Rows;

namespace Holdfast.Stores.Sqlite;

/// <summary>
/// The local file's rows that too few providers hold yet. A row and its mark are written in one transaction; the mark is
/// released once enough providers hold the row, and the row leaves when its retention ends. Several processes may share it.
/// </summary>
internal sealed class Spool(SqliteStore store, TimeProvider time)
{
    // A row that takes another's place (an earlier stamp of the same key) has to go out again.
    private const string Mark = """
        insert into spool (tenant_id, table_name, id, stamp, holders, spooled_at) values ($1, $2, $3, $4, '', $5)
        on conflict (tenant_id, table_name, id) do update set stamp = excluded.stamp, holders = '', released_at = null, spooled_at = excluded.spooled_at
        where excluded.stamp < spool.stamp
        """;

    // The loser of a key goes out as the row of `conflicts` that the merge made of it: its own place is taken.
    private const string MarkLosers = """
        insert into spool (tenant_id, table_name, id, stamp, holders, spooled_at)
        select tenant_id, 'conflicts', id, stamp, '', $4 from conflicts where tenant_id = $1 and target_table = $2 and target_id = $3
        on conflict do nothing
        """;

    // Each holder stands between commas: half as many holders as commas. Who holds a later stamp of a key does not hold this row.
    private const string Confirm = """
        update spool set holders = holders || $4,
          released_at = case when (length(holders || $4) - length(replace(holders || $4, ',', ''))) / 2 >= $5 then coalesce(released_at, $6) end
        where tenant_id = $1 and table_name = $2 and id = $3 and stamp = $7 and instr(holders, $4) = 0
        """;

    private const string Waiting = """
        select tenant_id, table_name, id, stamp, holders, spooled_at from spool
        where instr(holders, $1) = 0 and spooled_at <= $2 and (spooled_at, tenant_id, table_name, id) > ($3, $4, $5, $6)
        order by spooled_at, tenant_id, table_name, id limit $7
        """;

    private const string ForgetHolder = """
        update spool set holders = replace(holders, $1, ''),
          released_at = case when (length(replace(holders, $1, '')) - length(replace(replace(holders, $1, ''), ',', ''))) / 2 >= $2 then released_at end
        where instr(holders, $1) > 0
        """;

    private static readonly Statement NewestHeld = new("""
        select tenant_id, table_name, id, stamp, holders, spooled_at from {spool} where instr(holders, $1) > 0 order by spooled_at desc, stamp desc limit 1
        """);

    private static readonly Statement WaitingPage = new(Waiting);

    private static readonly Statement Load = new("select count(*), min(spooled_at) from {spool} where released_at is null");

    private static readonly Statement LoadOf = new("select count(*), min(spooled_at) from {spool} where instr(holders, $1) = 0");

    private static readonly Statement Size = new("select (page_count - freelist_count) * page_size from pragma_page_count(), pragma_freelist_count(), pragma_page_size()");

    public SqliteStore Store => store;

    /// <summary>Writes rows and their marks; when it returns they are on the disk.</summary>
    public Task<MergeResult[]> WriteAsync(IReadOnlyList<Row> rows, CancellationToken cancellationToken) => store.TransactAsync(merge =>
    {
        var now = time.GetUtcNow();
        var results = store.Merge(rows);
        for (var i = 0; i < rows.Count; i++)
        {
            merge.Execute(Mark, rows[i].TenantId, rows[i].Table.Name, rows[i].Id, rows[i].Stamp, now);
            if (results[i].Outcome == MergeOutcome.KeyConflict) merge.Execute(MarkLosers, rows[i].TenantId, rows[i].Table.Name, rows[i].Id, now);
        }
        return results;
    }, cancellationToken);

    /// <summary>Writes down who holds what; what <paramref name="holdersNeeded"/> providers hold is released.</summary>
    public Task ConfirmAsync(IReadOnlyList<(Table Table, RowReference Row, string Holder)> confirmed, int holdersNeeded, CancellationToken cancellationToken) =>
        confirmed.Count == 0 ? Task.CompletedTask : store.TransactAsync(merge =>
        {
            var now = time.GetUtcNow();
            foreach (var (table, row, holder) in confirmed)
                merge.Execute(Confirm, row.TenantId, table.Name, row.Id, $",{holder},", holdersNeeded, now, row.Stamp);
            return confirmed.Count;
        }, cancellationToken);

    /// <summary>Takes a provider off every row: it was restored or replaced, and what it has confirmed is to be sent again.</summary>
    public Task<int> ForgetHolderAsync(string holder, int holdersNeeded, CancellationToken cancellationToken) =>
        store.TransactAsync(merge => merge.Execute(ForgetHolder, $",{holder},", holdersNeeded), cancellationToken);

    /// <summary>The row that a provider confirmed last, among those that are still here; null: none.</summary>
    public async Task<SpooledRow?> NewestHeldAsync(string holder, CancellationToken cancellationToken) =>
        await store.QueryAsync(NewestHeld, [$",{holder},"], Spooled, cancellationToken).FirstOrDefaultAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>The next rows that a provider does not hold, the oldest first, among those spooled until then.</summary>
    public async Task<IReadOnlyList<SpooledRow>> WaitingAsync(string provider, DateTimeOffset until, SpooledRow? after, int countMax, CancellationToken cancellationToken) =>
        await store.QueryAsync(WaitingPage,
            [$",{provider},", until, after?.SpooledAt ?? DateTimeOffset.UnixEpoch, after?.Reference.TenantId ?? "", after?.Table.Name ?? "", after?.Reference.Id ?? Guid.Empty, (long)countMax],
            Spooled, cancellationToken)
            .ToListAsync(cancellationToken).ConfigureAwait(false);

    private static SpooledRow Spooled(StoreReader row) => new(Tables.Get(row.Text(1)), new RowReference(row.Text(0), row.Uuid(2), row.Stamp(3)), row.Text(4), row.Time(5));

    public async Task<SpoolLoad> LoadAsync(CancellationToken cancellationToken) =>
        await store.QueryAsync(Load, [], row => new SpoolLoad(row.Integer(0), row.TimeOrNull(1)), cancellationToken).FirstAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>How much a provider lacks of what is in the spool, also of what enough others hold.</summary>
    public async Task<SpoolLoad> LoadAsync(string provider, CancellationToken cancellationToken) =>
        await store.QueryAsync(LoadOf, [$",{provider},"], row => new SpoolLoad(row.Integer(0), row.TimeOrNull(1)), cancellationToken).FirstAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Bytes of the local file that are in use.</summary>
    public async Task<long> SizeAsync(CancellationToken cancellationToken) =>
        await store.QueryAsync(Size, [], row => row.Integer(0), cancellationToken).FirstAsync(cancellationToken).ConfigureAwait(false);
}
