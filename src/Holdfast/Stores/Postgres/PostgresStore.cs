using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>
/// Rows in PostgreSQL. Every operation is one round trip and one transaction without session state, so that it works behind
/// a pooler in transaction mode as it does on the server itself.
/// </summary>
internal sealed class PostgresStore : IStore
{
    private readonly NpgsqlDataSource _work;
    private readonly bool _ownsWork;
    private readonly TenantCommands _tenants;
    private readonly PostgresMerge _merge;
    private readonly ErasureSweep _sweep;
    private readonly TenantWatch _watch;
    private readonly PostgresStatements _statements;
    private readonly RowLookup _lookup;

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
        _watch = new TenantWatch(_tenants, identity, schema);
        _statements = new PostgresStatements(work, _tenants, _watch, identity.Address);
        _lookup = new RowLookup(_statements, _watch);
    }

    public const string DefaultSchema = "holdfast";

    public string Schema { get; }

    public MergeRules Rules { get; }

    public PostgresIdentity Identity { get; }

    public NpgsqlDataSource Work => _work;

    /// <summary>Row-level security shows the connected role one tenant at a time: every statement names it, and what goes over all tenants is refused.</summary>
    public bool IsByTenant => _watch.IsByTenant;

    public TenantCommands Tenants => _tenants;

    public string Address => Identity.Address;

    public int ConcurrentBatchesMax => 2;

    public Task<IReadOnlyList<StoreAnswer<T>>> AskEachAsync<T>(Func<IRowAccess, CancellationToken, Task<T>> ask, bool mayTakeLong, CancellationToken cancellationToken) =>
        StoreAnswer<T>.OfOneAsync(Address, ask(this, cancellationToken));

    public Task<MergeResult[]> MergeAsync(IReadOnlyList<Row> rows, CancellationToken cancellationToken) =>
        _watch.RunAsync(ct => _merge.RunAsync(rows, _watch.IsByTenant, ct), cancellationToken);

    /// <summary>Merges rows and runs what belongs to them in the same transaction.</summary>
    /// <param name="rows">Append rows; may be none.</param>
    /// <param name="alongside">Makes the other statements, which answer with no rows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RowRefusedException">One of the rows was refused; nothing was written.</exception>
    public Task<MergeResult[]> MergeAsync(IReadOnlyList<Row> rows, Func<IEnumerable<NpgsqlBatchCommand>> alongside, CancellationToken cancellationToken) =>
        _watch.RunAsync(ct => _merge.RunAsync(rows, alongside, _watch.IsByTenant, ct), cancellationToken);

    public Task<bool> CompareAndSetAsync(Row revision, Stamp? expected, CancellationToken cancellationToken) =>
        _watch.RunAsync(ct => _merge.CompareAndSetAsync(revision, expected, _watch.IsByTenant, ct), cancellationToken);

    public IAsyncEnumerable<T> QueryAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        _statements.QueryAsync(statement, parameters, read, cancellationToken);

    public Task<List<T>> ExecuteAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        _statements.ExecuteAsync(statement, parameters, read, cancellationToken);

    public Task<int> ExecuteAsync(Statement statement, object?[] parameters, CancellationToken cancellationToken) =>
        _statements.ExecuteAsync(statement, parameters, cancellationToken);

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
        _lookup.FindMissingAsync(table, rows, cancellationToken);

    public Task<IReadOnlyList<Row>> ReadRowsAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken) =>
        _lookup.ReadRowsAsync(table, rows, cancellationToken);

    /// <inheritdoc cref="TenantWatch.LookAsync"/>
    public Task<bool> LookAsync(CancellationToken cancellationToken) => _watch.LookAsync(cancellationToken);

    /// <summary>One that sees a tenant sweeps for it; the others' erasures are the relay's, which has brought them.</summary>
    public Task<bool> SweepErasuresAsync(CancellationToken cancellationToken) =>
        _watch.RunAsync(ct => _sweep.RunAsync(this, _watch.IsByTenant ? _tenants.Owner.ApplicationTenant ?? throw _tenants.NeedsRelay() : null, ct), cancellationToken);

    public ValueTask DisposeAsync() => _ownsWork ? _work.DisposeAsync() : ValueTask.CompletedTask;
}
