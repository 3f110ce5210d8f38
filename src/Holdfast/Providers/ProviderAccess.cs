using Holdfast.Providers.Control;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;
using Holdfast.Stores.Sqlite;

namespace Holdfast.Providers;

/// <summary>
/// Several providers and the local file as one memory: no outage of any of them stops a write, loses one, or makes one appear
/// twice. Routes, fails over and hedges; what each way does stands in <see cref="WritePath"/>, <see cref="ReadPath"/> and <see cref="PrimaryPath"/>.
/// </summary>
internal sealed class ProviderAccess : IRowAccess
{
    private readonly FailoverOptions _options;
    private readonly TimeProvider _time;
    private readonly ConfirmationLog _confirmations;
    private readonly WritePath _writes;
    private readonly ReadPath _reads;
    private readonly PrimaryPath _primary;
    private readonly StoreSurvey _survey;
    private readonly SlowQueryLog _slow;
    private readonly ApplicationSql _sql;
    private readonly HedgeBudget _hedges;
    private readonly ProviderUpkeep _upkeep;
    private long _writeCount;
    private ControlState _control = ControlState.None;

    public ProviderAccess(IReadOnlyList<Provider> providers, Spool spool, ProviderSetSettings settings)
    {
        if (providers.Count is 0 or > 64) throw new ArgumentOutOfRangeException(nameof(providers), providers.Count, "A set has 1 to 64 providers.");
        (_options, _time) = (settings.Options, settings.Time);
        Settings = settings;
        Providers = providers;
        Spool = new SpoolGate(spool, _options);
        var needed = Math.Min(2, providers.Count);
        _hedges = new HedgeBudget(_options);
        _slow = new SlowQueryLog(settings.Home, _options.SlowQueryAfter, _time);
        _confirmations = new ConfirmationLog(spool, needed, _time, UpkeepFailed);
        Pushes = [.. providers.Select(provider => new ProviderPush(provider, spool, needed, _time, _options.AttemptTimeout, UpkeepFailed))];
        Router = new Router(providers, _options, _time, provider => provider.IsLacking || !Pushes[provider.Index].IsCaughtUp);
        Local = spool.Store;
        _writes = new WritePath(Router, [.. providers.Select(provider => provider.Name)], Pushes, Spool, _hedges, _options, _time, _confirmations.Add);
        _reads = new ReadPath(Router, Pushes, Local, _hedges, _options, _time, _slow.Add);
        _primary = new PrimaryPath(Router, Pushes, _options, _time, _slow.Add);
        _survey = new StoreSurvey(providers, Local, _options);
        _sql = new ApplicationSql(Router, _options, _time, _slow.Add);
        Erasures = new ErasureExchange(this);
        _upkeep = new ProviderUpkeep(this, settings);
    }

    public ProviderSetSettings Settings { get; }

    /// <summary>Batches written since the set was made: a set at which nothing is written needs no relay every second.</summary>
    public long WriteCount => Interlocked.Read(ref _writeCount);

    /// <summary>It has confirmed rows that it does not have any more: what this process and the spool know of is sent again.</summary>
    public async Task ForgetHeldAsync(Provider provider, CancellationToken cancellationToken)
    {
        // Of one provider there is nobody else to lead, and nobody to bring it more than the spool has.
        if (Providers.Count > 1) provider.Lacks();
        await Spool.Spool.ForgetHolderAsync(provider.Name, Math.Min(2, Providers.Count), cancellationToken).ConfigureAwait(false);
        Pushes[provider.Index].Queue.RequestScan();
    }

    public IReadOnlyList<Provider> Providers { get; }

    public IReadOnlyList<ProviderPush> Pushes { get; }

    public Router Router { get; }

    public SpoolGate Spool { get; }

    public SqliteStore Local { get; }

    public ErasureExchange Erasures { get; }

    public SlowQueryLog SlowQueries => _slow;

    public string Address => $"{string.Join(", ", Providers.Select(provider => provider.Name))} and {Local.Address}";

    public int ConcurrentBatchesMax => 2;

    /// <summary>What went wrong last beside the calls: the local disk, the control file, a relay.</summary>
    public (DateTimeOffset At, Exception Error)? LastUpkeepError { get; private set; }

    public void UpkeepFailed(Exception error) => LastUpkeepError = (_time.GetUtcNow(), error);

    /// <summary>What the operator has decided.</summary>
    public ControlState Control
    {
        get => Volatile.Read(ref _control);
        set
        {
            Volatile.Write(ref _control, value);
            Router.Use = value.Use;
            foreach (var provider in Providers) provider.Drain(value.Drained.Contains(provider.Name));
            Router.Evaluate();
        }
    }

    /// <summary>Reaches the providers (without insisting) and starts what runs in the background.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => _upkeep.StartAsync(cancellationToken);

    public Task<MergeResult[]> MergeAsync(IReadOnlyList<Row> rows, CancellationToken cancellationToken)
    {
        CheckFrozen();
        return rows.Count == 0 ? Task.FromResult<MergeResult[]>([]) : MeasuredAsync(rows, () => _writes.WriteAsync(rows, atOnce: 1));
    }

    /// <summary>Asks as many providers at once as make a majority.</summary>
    public Task<MergeResult[]> MergeWidelyAsync(IReadOnlyList<Row> rows)
    {
        CheckFrozen();
        return MeasuredAsync(rows, () => _writes.WriteAsync(rows, Delivery.Needed(WriteConcern.Majority, Providers.Count)));
    }

    /// <summary>Answers as soon as the rows are on the local disk.</summary>
    public Task<MergeResult[]> MergeLocallyAsync(IReadOnlyList<Row> rows)
    {
        CheckFrozen();
        return _writes.WriteLocallyAsync(rows);
    }

    public async Task<bool> CompareAndSetAsync(Row revision, Stamp? expected, CancellationToken cancellationToken)
    {
        CheckFrozen();
        if (await _primary.CompareAndSetAsync(revision, expected, cancellationToken).ConfigureAwait(false) is not { } provider) return false;
        await _writes.DeliverAsync([revision], provider).ConfigureAwait(false);
        return true;
    }

    public IAsyncEnumerable<T> QueryAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        _reads.QueryAsync(statement, parameters, read, cancellationToken);

    public Task<int> ExecuteAsync(Statement statement, object?[] parameters, CancellationToken cancellationToken) =>
        ChangeAsync((store, token) => store.ExecuteAsync(statement, parameters, token), statement, cancellationToken);

    public Task<List<T>> ExecuteAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        ChangeAsync((store, token) => store.ExecuteAsync(statement, parameters, read, token), statement, cancellationToken);

    public Task<IReadOnlyList<StoreAnswer<T>>> AskEachAsync<T>(Func<IRowAccess, CancellationToken, Task<T>> ask, bool mayTakeLong, CancellationToken cancellationToken) =>
        AskEachAsync(ask, mayTakeLong, connects: true, cancellationToken);

    /// <inheritdoc cref="StoreSurvey.AskAsync{T}"/>
    public Task<IReadOnlyList<StoreAnswer<T>>> AskEachAsync<T>(Func<IRowAccess, CancellationToken, Task<T>> ask, bool mayTakeLong, bool connects, CancellationToken cancellationToken) =>
        _survey.AskAsync(ask, mayTakeLong, connects, ofAll: false, cancellationToken);

    public async Task<bool> SweepErasuresAsync(CancellationToken cancellationToken)
    {
        CheckFrozen();
        return (await _survey.AskAsync((store, token) => store.SweepErasuresAsync(token), mayTakeLong: true, connects: false, ofAll: true, cancellationToken).ConfigureAwait(false)).Answered().All(done => done);
    }

    /// <summary>Runs a statement of the application's own.</summary>
    public Task<T> RunAsync<T>(string sql, Func<PostgresStore, CancellationToken, Task<T>> run, bool repeatable, bool writes, CancellationToken cancellationToken)
    {
        if (writes) CheckFrozen();
        return _sql.RunAsync(sql, run, repeatable, writes, cancellationToken);
    }

    /// <summary>Takes no more work, gives the providers a moment to get what is written, and closes. What they lack stays in the spool.</summary>
    public async ValueTask DisposeAsync()
    {
        await _upkeep.DisposeAsync().ConfigureAwait(false);
        using (var patience = new CancellationTokenSource(Settings.ClosePatience, _time))
            await Task.WhenAll(Providers.Where(provider => provider.IsReadable).Select(provider => FlushQuietlyAsync(Pushes[provider.Index], patience.Token))).ConfigureAwait(false);
        foreach (var push in Pushes) await push.DisposeAsync().ConfigureAwait(false);
        await _confirmations.DisposeAsync().ConfigureAwait(false);
        foreach (var provider in Providers) await provider.DisposeAsync().ConfigureAwait(false);
        await Local.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task FlushQuietlyAsync(ProviderPush push, CancellationToken patience)
    {
        try
        {
            await push.FlushAsync(patience).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The rows are in the spool; the next process sends them.
        }
    }

    private async Task<MergeResult[]> MeasuredAsync(IReadOnlyList<Row> rows, Func<Task<MergeResult[]>> write)
    {
        Interlocked.Increment(ref _writeCount);
        var started = _time.GetTimestamp();
        var results = await write().ConfigureAwait(false);
        var took = _time.GetElapsedTime(started);
        if (took >= _options.SlowQueryAfter)
            _slow.Add(Router.Route.Primary?.Name ?? "local", $"merge {string.Join(", ", rows.Select(row => row.Table.Name).Distinct())} ({rows.Count} rows)", took);
        return results;
    }

    private async Task<T> ChangeAsync<T>(Func<PostgresStore, CancellationToken, Task<T>> work, Statement statement, CancellationToken cancellationToken)
    {
        CheckFrozen();
        return await _primary.RunAsync("Nothing was changed.", work, statement.Postgres, cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="WritesFrozenException">An operator has stopped all writes.</exception>
    public void CheckFrozen()
    {
        if (Control is { FrozenSince: { } since, ChangedBy: var by }) throw new WritesFrozenException(since, by);
    }
}
