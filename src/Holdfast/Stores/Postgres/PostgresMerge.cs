using System.Collections.Frozen;
using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>Puts rows into the tables by their merge rules: one statement a table and batch, what follows from it behind it, in one round trip and one transaction.</summary>
internal sealed class PostgresMerge
{
    private readonly NpgsqlDataSource _work;
    private readonly TenantCommands _tenants;
    private readonly ErasureSweep _sweep;
    private readonly FrozenDictionary<Table, MergeStatements> _merges;
    private readonly FrozenDictionary<Table, string> _projections;
    private readonly FrozenDictionary<Table, string> _compareAndSets;

    public PostgresMerge(NpgsqlDataSource work, string schema, MergeRules rules, TenantCommands tenants, ErasureSweep sweep)
    {
        (_work, _tenants, _sweep) = (work, tenants, sweep);
        _merges = Tables.Appends.ToFrozenDictionary(table => table, table => new MergeStatements(schema, rules, table));
        _projections = Tables.Registers.ToFrozenDictionary(table => table, table => ProjectionStatements.Project(schema, table));
        _compareAndSets = Tables.Registers.ToFrozenDictionary(table => table, table => ProjectionStatements.CompareAndSet(schema, table));
    }

    /// <param name="rows">Append rows; may be none.</param>
    /// <param name="byTenant">Row-level security shows one tenant a transaction: each has its own. One that is refused leaves the others in; they are merged again without harm.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<MergeResult[]> RunAsync(IReadOnlyList<Row> rows, bool byTenant, CancellationToken ct)
    {
        if (!byTenant || IsOfOneTenant(rows)) return await OfOneAsync(rows, byTenant, ct).ConfigureAwait(false);
        var results = new MergeResult[rows.Count];
        // In one order everywhere, as within a batch.
        foreach (var tenant in Enumerable.Range(0, rows.Count).GroupBy(i => rows[i].TenantId, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var indexes = tenant.ToArray();
            var merged = await OfOneAsync([.. indexes.Select(i => rows[i])], byTenant, ct).ConfigureAwait(false);
            for (var i = 0; i < indexes.Length; i++) results[indexes[i]] = merged[i];
        }
        return results;
    }

    /// <summary>Merges rows and runs what belongs to them in the same transaction.</summary>
    public Task<MergeResult[]> RunAsync(IReadOnlyList<Row> rows, Func<IEnumerable<NpgsqlBatchCommand>> alongside, bool byTenant, CancellationToken ct) =>
        // What the relay keeps beside the rows of all tenants is not for a role that sees one of them.
        byTenant ? throw _tenants.NeedsRelay() : BatchAsync(rows, alongside, byTenant, ct);

    /// <summary>Writes a revision if its key stands at the expected one; false: it does not.</summary>
    public async Task<bool> CompareAndSetAsync(Row revision, Stamp? expected, bool byTenant, CancellationToken ct)
    {
        var command = new NpgsqlBatchCommand(_compareAndSets[Tables.Get(revision.Text("target_table")!)]);
        (ColumnType Type, object? Value)[] parameters =
        [
            (ColumnType.Text, revision.TenantId), (ColumnType.Text, revision.Text("target_key")), (ColumnType.Uuid, revision.Stamp.Value),
            (ColumnType.Text, revision.UserId), (ColumnType.Text, revision.SessionId), (ColumnType.Timestamp, revision.OccurredAt),
            (ColumnType.Text, revision.Text("content")), (ColumnType.Uuid, expected?.Value),
        ];
        foreach (var (type, value) in parameters) command.Parameters.Add(PostgresTypes.One(type, value));
        var batch = byTenant ? _tenants.Of(revision.TenantId, command) : _tenants.Alone(command);
        await using var _ = batch.ConfigureAwait(false);
        var reader = await TenantCommands.ReadAsync(batch, byTenant, ct).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        await reader.ReadAsync(ct).ConfigureAwait(false);
        return reader.GetInt64(0) == 1;
    }

    private async Task<MergeResult[]> OfOneAsync(IReadOnlyList<Row> rows, bool byTenant, CancellationToken ct) => rows switch
    {
        [] => [],
        [{ Table: var table } row] when table != Tables.Revisions && table != Tables.Erasures && await InsertAsync(row, byTenant, ct).ConfigureAwait(false) => [new(MergeOutcome.Inserted)],
        _ => await BatchAsync(rows, alongside: null, byTenant, ct).ConfigureAwait(false),
    };

    private static bool IsOfOneTenant(IReadOnlyList<Row> rows)
    {
        for (var i = 1; i < rows.Count; i++)
            if (rows[i].TenantId != rows[0].TenantId) return false;
        return true;
    }

    private async Task<bool> InsertAsync(Row row, bool byTenant, CancellationToken ct)
    {
        var statements = _merges[row.Table];
        if (byTenant)
        {
            var insert = new NpgsqlBatchCommand(statements.Insert);
            Fill(insert.Parameters, statements, row);
            var batch = _tenants.Of(row.TenantId, insert);
            await using var __ = batch.ConfigureAwait(false);
            // The answer to a select changes no row: this is the insert's.
            return await batch.ExecuteNonQueryAsync(ct).ConfigureAwait(false) == 1;
        }
        var command = _work.CreateCommand(statements.Insert);
        await using var _ = command.ConfigureAwait(false);
        Fill(command.Parameters, statements, row);
        return await command.ExecuteNonQueryAsync(ct).ConfigureAwait(false) == 1;
    }

    private static void Fill(NpgsqlParameterCollection parameters, MergeStatements statements, Row row)
    {
        foreach (var column in statements.Sent) parameters.Add(PostgresTypes.One(column.Type, RowColumns.Value(row, column.Name)));
    }

    private async Task<MergeResult[]> BatchAsync(IReadOnlyList<Row> rows, Func<IEnumerable<NpgsqlBatchCommand>>? alongside, bool byTenant, CancellationToken ct)
    {
        var batch = byTenant ? _tenants.Of(rows[0].TenantId) : _work.CreateBatch();
        await using var _ = batch.ConfigureAwait(false);
        var groups = Batch.Groups(rows);
        foreach (var (table, indexes) in groups)
        {
            var statements = _merges[table];
            batch.BatchCommands.Add(Arrays(statements, rows, indexes));
            var losers = new NpgsqlBatchCommand(statements.ForgetLosers);
            losers.Parameters.Add(RowArrays.Tenants(rows, indexes));
            batch.BatchCommands.Add(losers);
            if (table == Tables.Erasures)
                foreach (var sql in _sweep.AtOnce) batch.BatchCommands.Add(Keys(sql, rows, indexes));
        }
        AddProjections(batch, rows);
        foreach (var command in alongside?.Invoke() ?? []) batch.BatchCommands.Add(command);
        return await ReadResultsAsync(batch, groups, rows.Count, byTenant, ct).ConfigureAwait(false);
    }

    private static NpgsqlBatchCommand Arrays(MergeStatements statements, IReadOnlyList<Row> rows, int[] indexes)
    {
        var command = new NpgsqlBatchCommand(statements.Merge);
        foreach (var column in statements.Sent)
            command.Parameters.Add(RowArrays.Of(column, rows, indexes));
        return command;
    }

    private void AddProjections(NpgsqlBatch batch, IReadOnlyList<Row> rows)
    {
        var revisions = Enumerable.Range(0, rows.Count).Where(i => rows[i].Table == Tables.Revisions)
            .GroupBy(i => Tables.Get(rows[i].Text("target_table")!)).OrderBy(group => group.Key.Order);
        foreach (var group in revisions)
            batch.BatchCommands.Add(Keys(_projections[group.Key], rows, [.. group]));
    }

    private static NpgsqlBatchCommand Keys(string sql, IReadOnlyList<Row> rows, int[] indexes)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.Add(PostgresTypes.Many(ColumnType.Text, indexes.Select(i => rows[i].TenantId), indexes.Length));
        command.Parameters.Add(PostgresTypes.Many(ColumnType.Uuid, indexes.Select(i => (object)rows[i].Id), indexes.Length));
        return command;
    }

    private static async Task<MergeResult[]> ReadResultsAsync(
        NpgsqlBatch batch, IReadOnlyList<(Table Table, int[] Indexes)> groups, int count, bool byTenant, CancellationToken ct)
    {
        var results = new MergeResult[count];
        var reader = await TenantCommands.ReadAsync(batch, byTenant, ct).ConfigureAwait(false);
        await using var _ = reader.ConfigureAwait(false);
        foreach (var (_, indexes) in groups)
        {
            // Only the merge answers with rows: the updates and inserts around it have no result set to step over.
            while (await reader.ReadAsync(ct).ConfigureAwait(false))
            {
                var outcome = reader.GetBoolean(2) ? MergeOutcome.KeyConflict : reader.GetBoolean(1) ? MergeOutcome.Inserted : MergeOutcome.AlreadyStored;
                results[indexes[reader.GetInt64(0) - 1]] = new MergeResult(outcome, Erased: reader.GetBoolean(3));
            }
            await reader.NextResultAsync(ct).ConfigureAwait(false);
        }
        return results;
    }
}
