using System.Runtime.CompilerServices;
using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>
/// Rows in PostgreSQL. Every operation is one round trip and one transaction without session state, so that it works behind
/// a pooler in transaction mode as it does on the server itself.
/// </summary>
internal sealed class PostgresStore : IStore
{
    private const int TriesMax = 6;
    private const long LookAgainMilliseconds = 1_000;

    private readonly NpgsqlDataSource _work;
    private readonly bool _ownsWork;
    private readonly TenantCommands _tenants;
    private readonly PostgresMerge _merge;
    private readonly ErasureSweep _sweep;
    private readonly bool _isExempt;
    private volatile bool _byTenant;
    private long _lookedAt = Environment.TickCount64;

    public PostgresStore(NpgsqlDataSource work, PostgresIdentity identity, bool ownsWork, string schema = DefaultSchema, MergeRules? rules = null, StoreOwner? owner = null)
    {
        _work = work;
        _ownsWork = ownsWork;
        Identity = identity;
        Schema = schema;
        Rules = rules ?? MergeRules.All;
        _tenants = new TenantCommands(work, identity.Address, schema, owner ?? StoreOwner.Unknown) { HasMatching = identity.Security.HasMatching };
        _sweep = new ErasureSweep(schema);
        _merge = new PostgresMerge(work, schema, Rules, _tenants, _sweep);
        _byTenant = identity.Security.ByTenant;
        _isExempt = identity.Security.IsExempt;
    }

    public const string DefaultSchema = "holdfast";

    public string Schema { get; }

    public MergeRules Rules { get; }

    public PostgresIdentity Identity { get; }

    public NpgsqlDataSource Work => _work;

    /// <summary>Row-level security shows the connected role one tenant at a time: every statement names it, and what goes over all tenants is refused.</summary>
    public bool IsByTenant => _byTenant;

    public TenantCommands Tenants => _tenants;

    public string Address => Identity.Address;

    public int ConcurrentBatchesMax => 2;

    public Task<IReadOnlyList<StoreAnswer<T>>> AskEachAsync<T>(Func<IRowAccess, CancellationToken, Task<T>> ask, bool mayTakeLong, CancellationToken cancellationToken) =>
        StoreAnswer<T>.OfOneAsync(Address, ask(this, cancellationToken));

    public Task<MergeResult[]> MergeAsync(IReadOnlyList<Row> rows, CancellationToken cancellationToken) =>
        Guard(ct => _merge.RunAsync(rows, _byTenant, ct), cancellationToken);

    /// <summary>Merges rows and runs what belongs to them in the same transaction.</summary>
    /// <param name="rows">Append rows; may be none.</param>
    /// <param name="alongside">Makes the other statements, which answer with no rows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RowRefusedException">One of the rows was refused; nothing was written.</exception>
    public Task<MergeResult[]> MergeAsync(IReadOnlyList<Row> rows, Func<IEnumerable<NpgsqlBatchCommand>> alongside, CancellationToken cancellationToken) =>
        Guard(ct => _merge.RunAsync(rows, alongside, _byTenant, ct), cancellationToken);

    public Task<bool> CompareAndSetAsync(Row revision, Stamp? expected, CancellationToken cancellationToken) =>
        Guard(ct => _merge.CompareAndSetAsync(revision, expected, _byTenant, ct), cancellationToken);

    public async IAsyncEnumerable<T> QueryAsync<T>(
        Statement statement, object?[] parameters, Func<StoreReader, T> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!_byTenant && IsWatched(statement))
        {
            var watched = _tenants.Watched(statement, parameters);
            await using var watch = watched.ConfigureAwait(false);
            if (await UnlessByTenantAsync(watched.ExecuteReaderAsync, cancellationToken).ConfigureAwait(false) is { } data)
            {
                await foreach (var item in ReadWatchedAsync(data, read, cancellationToken).ConfigureAwait(false)) yield return item;
                yield break;
            }
        }
        if (!_byTenant)
        {
            var found = false;
            var command = Command(statement, parameters);
            await using (command.ConfigureAwait(false))
            {
                // The driver reads as far as the first row here: a policy that refuses has done so before one is given out.
                var data = await UnlessByTenantAsync(command.ExecuteReaderAsync, cancellationToken).ConfigureAwait(false);
                if (data is not null)
                {
                    await using var __ = data.ConfigureAwait(false);
                    var reader = new PostgresReader(data) { Source = new ReadSource(Address, MayBeStale: false) };
                    while (await Guard(ct => data.ReadAsync(ct), cancellationToken).ConfigureAwait(false))
                    {
                        found = true;
                        yield return read(reader);
                    }
                }
            }
            if (found || !await HasBecomeByTenantAsync(cancellationToken).ConfigureAwait(false)) yield break;
        }
        var batch = _tenants.Of(statement, parameters, out var named);
        await using var _ = batch.ConfigureAwait(false);
        var rows = await Guard(ct => TenantCommands.ReadAsync(batch, named, ct), cancellationToken).ConfigureAwait(false);
        await using var ___ = rows.ConfigureAwait(false);
        var tenants = new PostgresReader(rows) { Source = new ReadSource(Address, MayBeStale: false) };
        while (await Guard(ct => rows.ReadAsync(ct), cancellationToken).ConfigureAwait(false))
            yield return read(tenants);
    }

    // A count of nothing is a row as well: what goes over all tenants, or over all of one, is watched as long as a policy could hold this role.
    private bool IsWatched(Statement statement) => !_isExempt && (statement.MayTakeLong || _tenants.Text(statement).Scope == StatementScope.Everybody);

    /// <summary>
    /// Reads, and asks in the same transaction whether row-level security has left rows out: what the query has locked nobody can switch
    /// it on for in between.
    /// </summary>
    private async IAsyncEnumerable<T> ReadWatchedAsync<T>(NpgsqlDataReader data, Func<StoreReader, T> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var _ = data.ConfigureAwait(false);
        var reader = new PostgresReader(data) { Source = new ReadSource(Address, MayBeStale: false) };
        var (last, any) = (default(T), false);
        while (await Guard(ct => data.ReadAsync(ct), cancellationToken).ConfigureAwait(false))
        {
            if (any) yield return last!;
            (last, any) = (read(reader), true);
        }
        // Before the last row: who takes the first of one row, a count, does not come back for the end.
        var security = await Guard(async ct =>
        {
            await data.NextResultAsync(ct).ConfigureAwait(false);
            await data.ReadAsync(ct).ConfigureAwait(false);
            return RowSecurity.Read(data);
        }, cancellationToken).ConfigureAwait(false);
        security.Check(Address, Schema);
        if (security.ByTenant)
        {
            (_tenants.HasMatching, _byTenant) = (security.HasMatching, true);
            throw TenantScopeException.Changed(Address);
        }
        if (any) yield return last!;
    }

    /// <summary>What the server answers; null: a policy refused it, and the same is to be asked with the tenant's name.</summary>
    private Task<NpgsqlDataReader?> UnlessByTenantAsync(Func<CancellationToken, Task<NpgsqlDataReader>> ask, CancellationToken cancellationToken)
    {
        var wasAsked = false;
        return Guard(async ct =>
        {
            if (wasAsked && _byTenant) return null;
            wasAsked = true;
            return await ask(ct).ConfigureAwait(false);
        }, cancellationToken);
    }

    public Task<List<T>> ExecuteAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken) => Guard(async ct =>
    {
        var rows = new List<T>();
        if (!_byTenant)
        {
            var command = Command(statement, parameters);
            await using (command.ConfigureAwait(false))
            {
                var data = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
                await using var __ = data.ConfigureAwait(false);
                var reader = new PostgresReader(data);
                while (await data.ReadAsync(ct).ConfigureAwait(false)) rows.Add(read(reader));
            }
            if (rows.Count > 0 || !await HasBecomeByTenantAsync(ct).ConfigureAwait(false)) return rows;
        }
        var batch = _tenants.Of(statement, parameters, out var named);
        await using var _ = batch.ConfigureAwait(false);
        var result = await TenantCommands.ReadAsync(batch, named, ct).ConfigureAwait(false);
        await using var ___ = result.ConfigureAwait(false);
        var tenants = new PostgresReader(result);
        while (await result.ReadAsync(ct).ConfigureAwait(false)) rows.Add(read(tenants));
        return rows;
    }, cancellationToken);

    public Task<int> ExecuteAsync(Statement statement, object?[] parameters, CancellationToken cancellationToken) => Guard(async ct =>
    {
        if (!_byTenant)
        {
            var command = Command(statement, parameters);
            await using var _ = command.ConfigureAwait(false);
            var changed = await command.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
            if (changed != 0 || !await HasBecomeByTenantAsync(ct).ConfigureAwait(false)) return changed;
        }
        var batch = _tenants.Of(statement, parameters, out bool _);
        await using var __ = batch.ConfigureAwait(false);
        return await batch.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
    }, cancellationToken);

    public Task<IReadOnlyList<FeedEntry>> ReadFeedAsync(Table table, FeedPosition after, int entriesMax, CancellationToken cancellationToken) =>
        ReadFeedAsync(table, after, entriesMax, withUnsettled: false, cancellationToken);

    /// <param name="table">The table.</param>
    /// <param name="after">Where to go on.</param>
    /// <param name="entriesMax">At most this many.</param>
    /// <param name="withUnsettled">True: also entries that others may still appear before, so that no cursor may be set there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<FeedEntry>> ReadFeedAsync(Table table, FeedPosition after, int entriesMax, bool withUnsettled, CancellationToken cancellationToken)
    {
        // A transaction below xmin has ended for every snapshot to come: nothing can appear there any more.
        var sql = new Statement($$"""
            select feed, tenant_id, id, stamp, nonce from {{{table.Name}}}
            where (feed, tenant_id, id) > ($1, $2, $3) {{(withUnsettled || !Rules.FeedWaitsForOlderTransactions ? "" : "and feed < pg_snapshot_xmin(pg_current_snapshot())")}}
            order by feed, tenant_id, id limit $4
            """);
        return await QueryAsync(sql, [PostgresTypes.One(ColumnType.Position, after.Feed), after.TenantId, after.Id, (long)entriesMax], row => new FeedEntry(
            new FeedPosition(row.Data.GetFieldValue<ulong>(0), row.Text(1), row.Uuid(2)), row.Stamp(3), row.Integer(4)), cancellationToken)
            .ToListAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<RowReference>> FindMissingAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken) =>
        OfEachTenantAsync(rows, some => FindMissingHereAsync(table, some, cancellationToken));

    private async Task<IReadOnlyList<RowReference>> FindMissingHereAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken)
    {
        var sql = new Statement($$"""
            select a.tenant_id, a.id, a.stamp from unnest($1::text[], $2::uuid[], $3::uuid[]) a(tenant_id, id, stamp)
            where not exists (select 1 from {{{table.Name}}} t where t.tenant_id = a.tenant_id and t.id = a.id and t.stamp <= a.stamp)
            """) { Tenant = OneTenant(rows) };
        return await QueryAsync(sql, [rows.Select(r => r.TenantId).ToArray(), rows.Select(r => r.Id).ToArray(), rows.Select(r => r.Stamp.Value).ToArray()],
            row => new RowReference(row.Text(0), row.Uuid(1), row.Stamp(2)), cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<Row>> ReadRowsAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken) =>
        OfEachTenantAsync(rows, some => ReadRowsHereAsync(table, some, cancellationToken));

    private async Task<IReadOnlyList<Row>> ReadRowsHereAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken)
    {
        var sql = new Statement($$"""
            select {{string.Join(", ", RowColumns.Read(table).Select(column => "t." + column))}}
            from unnest($1::text[], $2::uuid[]) a(tenant_id, id) join {{{table.Name}}} t using (tenant_id, id)
            """) { Tenant = OneTenant(rows) };
        return await QueryAsync(sql, [rows.Select(r => r.TenantId).ToArray(), rows.Select(r => r.Id).ToArray()],
            row => RowColumns.Row(table, row), cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>One that sees a tenant sweeps for it; the others' erasures are the relay's, which has brought them.</summary>
    public Task<bool> SweepErasuresAsync(CancellationToken cancellationToken) =>
        Guard(ct => _sweep.RunAsync(this, _byTenant ? _tenants.Owner.ApplicationTenant ?? throw _tenants.NeedsRelay() : null, ct), cancellationToken);

    public ValueTask DisposeAsync() => _ownsWork ? _work.DisposeAsync() : ValueTask.CompletedTask;

    private NpgsqlCommand Command(Statement statement, object?[] parameters)
    {
        var command = _work.CreateCommand(_tenants.Text(statement).Sql);
        if (statement.MayTakeLong) command.CommandTimeout = 0;
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter as NpgsqlParameter ?? PostgresTypes.Of(parameter));
        return command;
    }

    private string? OneTenant(IReadOnlyList<RowReference> rows) => _byTenant && rows.Count > 0 ? rows[0].TenantId : null;

    private async Task<IReadOnlyList<T>> OfEachTenantAsync<T>(IReadOnlyList<RowReference> rows, Func<IReadOnlyList<RowReference>, Task<IReadOnlyList<T>>> ask)
    {
        if (!_byTenant) return await ask(rows).ConfigureAwait(false);
        var all = new List<T>();
        foreach (var tenant in rows.GroupBy(row => row.TenantId, StringComparer.Ordinal)) all.AddRange(await ask([.. tenant]).ConfigureAwait(false));
        return all;
    }

    /// <summary>
    /// Whether somebody has switched row-level security on since this store was opened: then an empty answer was none. Asked after
    /// empty answers, at most once a second, and when a write is refused for it.
    /// </summary>
    private async Task<bool> HasBecomeByTenantAsync(CancellationToken ct)
    {
        var (before, now) = (Interlocked.Read(ref _lookedAt), Environment.TickCount64);
        if (now - before < LookAgainMilliseconds || Interlocked.CompareExchange(ref _lookedAt, now, before) != before) return _byTenant;
        return await LookAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Looks what the policies let this role see now; true: one tenant at a time.</summary>
    public async Task<bool> LookAsync(CancellationToken ct) => _byTenant = (await _tenants.LookAsync(ct).ConfigureAwait(false)).ByTenant;

    private async Task<T> Guard<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var wasByTenant = _byTenant;
            try
            {
                return await work(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (PostgresErrors.AsksForRetry(e) && attempt < TriesMax)
            {
                // Rolled back as a whole, and every operation here can be done again.
            }
            catch (PostgresException e) when (PostgresErrors.IsOfRowSecurity(e) && !wasByTenant && attempt < TriesMax)
            {
                // Switched on since this store was opened: the same once more, with the tenant's name. Another call may have found it out in between.
                if (!_byTenant && !await Guard(LookAsync, cancellationToken).ConfigureAwait(false)) throw PostgresErrors.Translate(e, Address);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException && !cancellationToken.IsCancellationRequested)
            {
                throw PostgresErrors.Translate(e, Address);
            }
        }
    }
}
