using System.Globalization;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Relay;

/// <summary>The side of a relay that rows go to: it keeps the cursors, in the transactions of the rows themselves.</summary>
internal sealed class RelayReceiver(PostgresStore store, string source)
{
    private readonly string _setCursor = string.Format(CultureInfo.InvariantCulture, RelayStatements.SetCursor, store.Schema);
    private readonly string _reject = string.Format(CultureInfo.InvariantCulture, RelayStatements.Reject, store.Schema);
    private readonly string _accept = string.Format(CultureInfo.InvariantCulture, RelayStatements.Accept, store.Schema);

    public PostgresStore Store => store;

    /// <summary>Becomes the one that pulls, or stays it; false: another process pulls.</summary>
    public async Task<bool> TakeLeaseAsync(Guid holder, TimeSpan until, CancellationToken cancellationToken) =>
        (await store.ExecuteAsync(RelayStatements.Lease, [source, holder, until.TotalSeconds], row => row.Data.GetInt32(0), cancellationToken).ConfigureAwait(false)).Count == 1;

    public Task EndLeaseAsync(Guid holder, CancellationToken cancellationToken) => store.ExecuteAsync(RelayStatements.EndLease, [source, holder], cancellationToken);

    public Task ReportAsync(long rows, string? heldBackBy, string? error, CancellationToken cancellationToken) => store.ExecuteAsync(RelayStatements.Report,
        [source, rows, PostgresTypes.One(ColumnType.Text, heldBackBy), PostgresTypes.One(ColumnType.Text, error)], cancellationToken);

    public async Task<Dictionary<Table, RelayCursor>> ReadCursorsAsync(CancellationToken cancellationToken)
    {
        var cursors = await store.QueryAsync(RelayStatements.Cursors, [source], Read, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
        return cursors.ToDictionary(cursor => cursor.Table);
    }

    /// <summary>Merges rows and moves the cursor (null: it stays), both or none.</summary>
    public Task MergeAsync(IReadOnlyList<Row> rows, RelayCursor? cursor, CancellationToken cancellationToken) =>
        rows.Count == 0 && cursor is null ? Task.CompletedTask : store.MergeAsync(rows, () => cursor is null ? [] : [Cursor(cursor)], cancellationToken);

    /// <summary>Parks a row that was refused: the others go on, and it is tried again later.</summary>
    public Task RejectAsync(Row row, string error, DateTimeOffset at, CancellationToken cancellationToken) =>
        store.MergeAsync([], () => [Command(_reject, (ColumnType.Text, row.TenantId), (ColumnType.Text, row.Table.Name), (ColumnType.Uuid, row.Id), (ColumnType.Text, source), (ColumnType.Text, error), (ColumnType.Timestamp, at))], cancellationToken);

    public async Task<IReadOnlyList<(Table Table, RowReference Row)>> ReadRejectsAsync(CancellationToken cancellationToken) =>
        await store.QueryAsync(RelayStatements.Rejects, [source], row => (Tables.Get(row.Text(1)), new RowReference(row.Text(0), row.Uuid(2), new Stamp(row.Uuid(2)))), cancellationToken)
            .ToListAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Merges a row that was parked, and takes it off the list.</summary>
    public Task AcceptAsync(Row row, CancellationToken cancellationToken) =>
        store.MergeAsync([row], () => [Command(_accept, (ColumnType.Text, row.TenantId), (ColumnType.Text, row.Table.Name), (ColumnType.Uuid, row.Id))], cancellationToken);

    private NpgsqlBatchCommand Cursor(RelayCursor cursor) => Command(_setCursor,
        (ColumnType.Text, source), (ColumnType.Text, cursor.Table.Name), (ColumnType.Text, cursor.SystemIdentifier), (ColumnType.Text, cursor.Anchor?.Position.TenantId),
        (ColumnType.Uuid, cursor.Anchor?.Position.Id), (ColumnType.Position, cursor.Anchor?.Position.Feed), (ColumnType.Integer, cursor.Anchor?.Nonce), (ColumnType.Boolean, cursor.RepairPending));

    private static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<(ColumnType Type, object? Value)> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var (type, value) in parameters) command.Parameters.Add(PostgresTypes.One(type, value));
        return command;
    }

    private static RelayCursor Read(StoreReader row) => new(Tables.Get(row.Text(0)), row.Text(1),
        row.IsNull(3) ? null : new FeedEntry(new FeedPosition(row.Data.GetFieldValue<ulong>(4), row.Text(2), row.Uuid(3)), default, row.Integer(5)), row.Data.GetBoolean(6));
}
