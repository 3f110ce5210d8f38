using Holdfast.Providers.Failures;
using Holdfast.Stores.Postgres;
using Npgsql;
using Polly.CircuitBreaker;

namespace Holdfast.Providers;

/// <summary>A configured PostgreSQL server: its store, its breaker, what is known of its health, and how fast it answers.</summary>
internal sealed class Provider : IAsyncDisposable
{
    private static readonly TimeSpan RelayPause = TimeSpan.FromMinutes(2);

    private readonly TimeProvider _time;
    private readonly Func<CancellationToken, Task<PostgresStore>> _connect;
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private readonly SemaphoreSlim _connectingRelay = new(1, 1);
    private PostgresStore? _store;
    private PostgresStore? _relayStore;
    private string? _relayRefusal;
    private long _relayRefusedAt;
    private Failure? _lastFailure;
    private Failure? _writeRefusal;
    private int _running;
    private long _failingSince;
    private long _usableSince;
    private long _lastSuccess;
    private long _lackingSince;

    public Provider(string name, int index, TimeProvider time, Func<CancellationToken, Task<PostgresStore>> connect)
    {
        Name = name;
        Index = index;
        _time = time;
        _connect = connect;
        Breaker = new ProviderBreaker(time);
    }

    public string Name { get; }

    /// <summary>How it is reached for rows.</summary>
    public required NpgsqlConnectionStringBuilder Endpoint { get; init; }

    /// <summary>Opens the connection of the relay's own role, beside the store; null: none is configured.</summary>
    public Func<PostgresStore, CancellationToken, Task<PostgresStore>>? ConnectRelay { get; init; }

    /// <summary>The server's name in TLS, where the way leads through a proxy; null: the endpoint's host.</summary>
    public string? CertificateHost { get; init; }

    /// <summary>True where the provider suspends a database that is idle, and a probe would wake it.</summary>
    public bool Suspends => Endpoint.Host?.EndsWith(".neon.tech", StringComparison.OrdinalIgnoreCase) ?? false;

    /// <summary>When a call, a push or a probe succeeded last.</summary>
    public DateTimeOffset LastSuccessAt => new(Interlocked.Read(ref _lastSuccess), TimeSpan.Zero);

    /// <summary>Its place in the configured order.</summary>
    public int Index { get; }

    public ProviderBreaker Breaker { get; }

    public LatencyWindow Writes { get; } = new();

    public LatencyWindow Reads { get; } = new();

    /// <summary>The time of one small read, probe by probe.</summary>
    public LatencyWindow ProbeLatency { get; } = new();

    /// <summary>The store, once it has been reached for the first time.</summary>
    public PostgresStore? Store => Volatile.Read(ref _store);

    public bool IsDrained { get; private set; }

    /// <summary>Since when it is known to lack rows that only another provider brings it; null: it is not.</summary>
    public DateTimeOffset? LackingSince => Read(ref _lackingSince);

    public bool IsLacking => Interlocked.Read(ref _lackingSince) != 0;

    /// <summary>Attempts that have not come back.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>What failed last; null when the last attempt did not.</summary>
    public Failure? LastFailure => Volatile.Read(ref _lastFailure);

    /// <summary>Why it does not take our rows although it answers: read-only, disk full, drift. Null: it takes them.</summary>
    public Failure? WriteRefusal => Volatile.Read(ref _writeRefusal);

    /// <summary>It let a call wait longer than it ever does; others are asked at once until it answers again.</summary>
    public bool IsSuspect { get; private set; }

    public bool IsReadable => !Breaker.IsOpen && !IsDrained;

    public bool IsWritable => IsReadable && WriteRefusal is null;

    /// <summary>When the failing that is going on began; null: it does not fail.</summary>
    public DateTimeOffset? FailingSince => Read(ref _failingSince);

    /// <summary>Since when it has answered without a failure.</summary>
    public DateTimeOffset? UsableSince => Read(ref _usableSince);

    /// <summary>Raised when something that the route depends on changed.</summary>
    public event EventHandler? Changed;

    /// <summary>Raised when a probe found nothing wrong with a provider that refused our rows: only they can tell whether it takes them now.</summary>
    public event EventHandler? Repaired;

    /// <summary>Raised when a probe should look at once instead of at its next turn.</summary>
    public event EventHandler? Suspected;

    /// <summary>Runs one attempt under its own deadline.</summary>
    /// <exception cref="AttemptFailedException">It failed; the failure says what is known of its outcome.</exception>
    public Task<T> AttemptAsync<T>(Func<PostgresStore, CancellationToken, Task<T>> work, LatencyWindow? latency, TimeSpan timeout, bool ours, CancellationToken cancellationToken) =>
        AttemptAsync(work, latency, timeout, ours, isTraffic: true, cancellationToken);

    /// <summary>An attempt of the upkeep's own, which comes by regularly: that it went well makes no probe superfluous.</summary>
    /// <exception cref="AttemptFailedException">It failed.</exception>
    public Task<T> AskAsync<T>(Func<PostgresStore, CancellationToken, Task<T>> work, TimeSpan timeout, CancellationToken cancellationToken, bool ours = true) =>
        AttemptAsync(work, latency: null, timeout, ours, isTraffic: false, cancellationToken);

    /// <summary>
    /// An attempt that goes over all tenants: with the relay's own role where one is configured. What the relay asks is no word on
    /// whether the provider takes the application's rows: a refusal marks nobody as drifted.
    /// </summary>
    /// <exception cref="AttemptFailedException">It failed; also where row-level security shows the role one tenant only.</exception>
    public Task<T> AskOfAllAsync<T>(Func<PostgresStore, CancellationToken, Task<T>> work, TimeSpan timeout, CancellationToken cancellationToken) =>
        AskAsync(async (store, token) => await work(await OfAllAsync(store, token).ConfigureAwait(false), token).ConfigureAwait(false), timeout, cancellationToken, ours: false);

    /// <summary>What sees all tenants: the relay's own store, or the store itself, which refuses what it cannot see.</summary>
    public async Task<PostgresStore> OfAllAsync(PostgresStore store, CancellationToken cancellationToken)
    {
        if (ConnectRelay is not { } connect) return store;
        if (Volatile.Read(ref _relayStore) is { } connected) return connected;
        await _connectingRelay.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_relayStore is not null) return _relayStore;
            // Some providers ban an address after two wrong passwords.
            if (_relayRefusal is { } refusal && _time.GetElapsedTime(_relayRefusedAt) < RelayPause) throw new TenantScopeException(refusal);
            return _relayStore = await connect(store, cancellationToken).ConfigureAwait(false);
        }
        catch (TenantScopeException e) when (e.IsPassword)
        {
            (_relayRefusal, _relayRefusedAt) = (e.Message, _time.GetTimestamp());
            throw;
        }
        finally
        {
            _connectingRelay.Release();
        }
    }

    private async Task<T> AttemptAsync<T>(Func<PostgresStore, CancellationToken, Task<T>> work, LatencyWindow? latency, TimeSpan timeout, bool ours, bool isTraffic, CancellationToken cancellationToken)
    {
        var wasOpen = Breaker.IsOpen;
        var place = Interlocked.Increment(ref _running);
        var started = _time.GetTimestamp();
        try
        {
            return await Breaker.ExecuteAsync(() => RunAsync(work, latency, started, place, timeout, ours, isTraffic, cancellationToken)).ConfigureAwait(false);
        }
        catch (BrokenCircuitException e)
        {
            throw new AttemptFailedException(Name, new Failure(AttemptOutcome.NotExecuted, LastFailure?.Cause ?? FailureCause.Down, $"not tried: {LastFailure?.Message ?? "its breaker is open"}"), _time.GetElapsedTime(started), e);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
            if (Breaker.IsOpen)
            {
                Changed?.Invoke(this, EventArgs.Empty);
                if (!wasOpen) AskForProbe();
            }
        }
    }

    public void Suspect()
    {
        if (IsSuspect) return;
        IsSuspect = true;
        Interlocked.CompareExchange(ref _failingSince, _time.GetUtcNow().UtcTicks, 0);
        Suspected?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>Has it probed at once.</summary>
    public void AskForProbe() => Suspected?.Invoke(this, EventArgs.Empty);

    /// <summary>A whole probe passed: what kept calls away is over. Drift is over only when our own rows went in.</summary>
    public async Task RecoverAsync(bool tookOurRows)
    {
        var refusal = WriteRefusal;
        // A session keeps the read-only default that it began with: those of the pool would go on refusing for minutes.
        if (refusal?.Cause == FailureCause.ReadOnly) Store?.Work.Clear();
        if (refusal is not null && (tookOurRows || refusal.Cause != FailureCause.Drift)) Volatile.Write(ref _writeRefusal, null);
        Volatile.Write(ref _lastFailure, WriteRefusal);
        IsSuspect = false;
        await Breaker.CloseAsync().ConfigureAwait(false);
        Works(isTraffic: true);
        if (WriteRefusal is not null) Repaired?.Invoke(this, EventArgs.Empty);
        Changed?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>A probe failed: that is the second witness beside the traffic.</summary>
    public async Task FailProbeAsync(Failure failure)
    {
        Fails(failure);
        if (!failure.RefusesRowsOnly) await Breaker.OpenAsync().ConfigureAwait(false);
        Changed?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>It lacks rows that the spool does not have any more: it must not lead until a relay has brought them.</summary>
    public void Lacks()
    {
        if (Interlocked.CompareExchange(ref _lackingSince, _time.GetUtcNow().UtcTicks, 0) == 0) Changed?.Invoke(this, EventArgs.Empty);
    }

    public void LacksNothing()
    {
        if (Interlocked.Exchange(ref _lackingSince, 0) != 0) Changed?.Invoke(this, EventArgs.Empty);
    }

    public void Drain(bool drained)
    {
        if (IsDrained == drained) return;
        IsDrained = drained;
        Changed?.Invoke(this, EventArgs.Empty);
    }

    public async Task<PostgresStore> ConnectAsync(CancellationToken cancellationToken)
    {
        if (Store is { } connected) return connected;
        await _connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _store ??= await _connect(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _connecting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_relayStore is { } relay) await relay.DisposeAsync().ConfigureAwait(false);
        if (Store is { } store) await store.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<T> RunAsync<T>(Func<PostgresStore, CancellationToken, Task<T>> work, LatencyWindow? latency, long started, int place, TimeSpan timeout, bool ours, bool isTraffic, CancellationToken cancellationToken)
    {
        var sent = Store is not null;
        try
        {
            var store = Store ?? await Within(ConnectAsync(cancellationToken), timeout, cancellationToken).ConfigureAwait(false);
            sent = true;
            var result = await Within(work(store, cancellationToken), timeout, cancellationToken).ConfigureAwait(false);
            latency?.Record(_time.GetElapsedTime(started));
            Works(isTraffic);
            return result;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever a driver throws is this attempt's failure, and the next provider's turn.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var failure = e is TimeoutException
                ? Silence(sent, place, timeout)
                : FailureClassifier.Classify(e, sent, ours);
            if (failure.CountsAgainstProvider) Fails(failure);
            throw new AttemptFailedException(Name, failure, _time.GetElapsedTime(started), e);
        }
    }

    // Those who were there before have all the connections of this process: it may not even have been sent, and who is slow are we.
    private Failure Silence(bool sent, int place, TimeSpan timeout) => new(
        sent ? AttemptOutcome.Unknown : AttemptOutcome.NotExecuted, place > Endpoint.MaxPoolSize ? FailureCause.LocalPool : FailureCause.Down, $"no answer within {timeout.TotalMilliseconds:0} ms");

    // A frozen server does not answer a cancellation either: the wait ends here, and the driver drops the connection when its
    // own limit is reached.
    private Task<T> Within<T>(Task<T> work, TimeSpan timeout, CancellationToken cancellationToken)
    {
        return work.IsCompleted ? work : WaitAsync();

        async Task<T> WaitAsync()
        {
            try
            {
                return await work.WaitAsync(timeout, _time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                _ = work.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                throw;
            }
        }
    }

    private void Works(bool isTraffic)
    {
        IsSuspect = false;
        if (WriteRefusal is null) Volatile.Write(ref _lastFailure, null);
        Interlocked.Exchange(ref _failingSince, 0);
        var now = _time.GetUtcNow().UtcTicks;
        if (isTraffic) Interlocked.Exchange(ref _lastSuccess, now);
        Interlocked.CompareExchange(ref _usableSince, now, 0);
    }

    private void Fails(Failure failure)
    {
        Volatile.Write(ref _lastFailure, failure);
        Interlocked.CompareExchange(ref _failingSince, _time.GetUtcNow().UtcTicks, 0);
        Interlocked.Exchange(ref _usableSince, 0);
        if (!failure.RefusesRowsOnly) return;
        Volatile.Write(ref _writeRefusal, failure);
        Changed?.Invoke(this, EventArgs.Empty);
    }

    private static DateTimeOffset? Read(ref long ticks) => Interlocked.Read(ref ticks) is > 0 and var value ? new DateTimeOffset(value, TimeSpan.Zero) : null;
}
