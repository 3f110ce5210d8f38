using Holdfast.Providers.Failures;
using Holdfast.Stores.Postgres;
using Npgsql;
using Polly.CircuitBreaker;

namespace Holdfast.Providers;

/// <summary>A configured PostgreSQL server: its store, its breaker, its health, and how fast it answers.</summary>
internal sealed class Provider : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly Func<CancellationToken, Task<PostgresStore>> _connect;
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private readonly SinceMark _lacking = new();
    private PostgresStore? _store;
    private int _running;

    public Provider(string name, int index, TimeProvider time, Func<CancellationToken, Task<PostgresStore>> connect)
    {
        Name = name;
        Index = index;
        _time = time;
        _connect = connect;
        Breaker = new ProviderBreaker(time);
        Health = new ProviderHealth(time);
    }

    public string Name { get; }

    /// <summary>How it is reached for rows.</summary>
    public required NpgsqlConnectionStringBuilder Endpoint { get; init; }

    /// <summary>The store of the relay's own role; null: none is configured.</summary>
    public RelayStore? Relay { get; init; }

    /// <summary>The server's name in TLS, where the way leads through a proxy; null: the endpoint's host.</summary>
    public string? CertificateHost { get; init; }

    /// <summary>True where the provider suspends a database that is idle, and a probe would wake it.</summary>
    public bool Suspends => Endpoint.Host?.EndsWith(".neon.tech", StringComparison.OrdinalIgnoreCase) ?? false;

    /// <summary>Its place in the configured order.</summary>
    public int Index { get; }

    public ProviderBreaker Breaker { get; }

    public ProviderHealth Health { get; }

    public LatencyWindow Writes { get; } = new();

    public LatencyWindow Reads { get; } = new();

    /// <summary>The time of one small read, probe by probe.</summary>
    public LatencyWindow ProbeLatency { get; } = new();

    /// <summary>The store, once it has been reached for the first time.</summary>
    public PostgresStore? Store => Volatile.Read(ref _store);

    public bool IsDrained { get; private set; }

    /// <summary>Since when it is known to lack rows that only another provider brings it; null: it is not.</summary>
    public DateTimeOffset? LackingSince => _lacking.At;

    public bool IsLacking => _lacking.Holds;

    /// <summary>Attempts that have not come back.</summary>
    public int Running => Volatile.Read(ref _running);

    public bool IsReadable => !Breaker.IsOpen && !IsDrained;

    public bool IsWritable => IsReadable && Health.WriteRefusal is null;

    /// <summary>Raised when something that the route depends on changed.</summary>
    public event EventHandler? Changed;

    /// <summary>Raised when a probe found nothing wrong with a provider that refused our rows: only they can tell whether it takes them now.</summary>
    public event EventHandler? Repaired;

    /// <summary>Raised when a probe should look at once instead of at its next turn.</summary>
    public event EventHandler? Suspected;

    /// <summary>Runs one attempt under its own deadline.</summary>
    /// <exception cref="AttemptFailedException">It failed; the failure says what is known of its outcome.</exception>
    public Task<T> AttemptAsync<T>(Func<PostgresStore, CancellationToken, Task<T>> work, LatencyWindow? latency, TimeSpan timeout, bool ours, CancellationToken cancellationToken) =>
        AttemptAsync(work, new AttemptTerms(timeout, latency, ours), cancellationToken);

    /// <summary>An attempt of the upkeep's own, which comes by regularly: that it went well makes no probe superfluous.</summary>
    /// <exception cref="AttemptFailedException">It failed.</exception>
    public Task<T> AskAsync<T>(Func<PostgresStore, CancellationToken, Task<T>> work, TimeSpan timeout, CancellationToken cancellationToken, bool ours = true) =>
        AttemptAsync(work, new AttemptTerms(timeout, IsOurs: ours, IsTraffic: false), cancellationToken);

    /// <summary>
    /// An attempt that goes over all tenants: with the relay's own role where one is configured. What the relay asks is no word on
    /// whether the provider takes the application's rows: a refusal marks nobody as drifted.
    /// </summary>
    /// <exception cref="AttemptFailedException">It failed; also where row-level security shows the role one tenant only.</exception>
    public Task<T> AskOfAllAsync<T>(Func<PostgresStore, CancellationToken, Task<T>> work, TimeSpan timeout, CancellationToken cancellationToken) =>
        AskAsync(async (store, token) => await work(await OfAllAsync(store, token).ConfigureAwait(false), token).ConfigureAwait(false), timeout, cancellationToken, ours: false);

    /// <summary>What sees all tenants: the relay's own store, or the store itself, which refuses what it cannot see.</summary>
    public Task<PostgresStore> OfAllAsync(PostgresStore store, CancellationToken cancellationToken) => Relay?.OpenAsync(store, cancellationToken) ?? Task.FromResult(store);

    private async Task<T> AttemptAsync<T>(Func<PostgresStore, CancellationToken, Task<T>> work, AttemptTerms terms, CancellationToken cancellationToken)
    {
        var wasOpen = Breaker.IsOpen;
        var place = Interlocked.Increment(ref _running);
        var started = _time.GetTimestamp();
        try
        {
            return await Breaker.ExecuteAsync(() => RunAsync(work, terms, started, place, cancellationToken)).ConfigureAwait(false);
        }
        catch (BrokenCircuitException e)
        {
            throw new AttemptFailedException(Name, new Failure(AttemptOutcome.NotExecuted, Health.LastFailure?.Cause ?? FailureCause.Down, $"not tried: {Health.LastFailure?.Message ?? "its breaker is open"}"), _time.GetElapsedTime(started), e);
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
        if (Health.Suspect()) AskForProbe();
    }

    /// <summary>Has it probed at once.</summary>
    public void AskForProbe() => Suspected?.Invoke(this, EventArgs.Empty);

    /// <summary>A whole probe passed: what kept calls away is over. Drift is over only when our own rows went in.</summary>
    public async Task RecoverAsync(bool tookOurRows)
    {
        var refusal = Health.WriteRefusal;
        // A session keeps the read-only default that it began with: those of the pool would go on refusing for minutes.
        if (refusal?.Cause == FailureCause.ReadOnly) Store?.Work.Clear();
        Health.Recover(refusal, tookOurRows);
        await Breaker.CloseAsync().ConfigureAwait(false);
        Health.Works(isTraffic: true);
        if (Health.WriteRefusal is not null) Repaired?.Invoke(this, EventArgs.Empty);
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
        if (_lacking.Begin(_time.GetUtcNow())) Changed?.Invoke(this, EventArgs.Empty);
    }

    public void LacksNothing()
    {
        if (_lacking.End()) Changed?.Invoke(this, EventArgs.Empty);
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
        if (Relay is { } relay) await relay.DisposeAsync().ConfigureAwait(false);
        if (Store is { } store) await store.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<T> RunAsync<T>(Func<PostgresStore, CancellationToken, Task<T>> work, AttemptTerms terms, long started, int place, CancellationToken cancellationToken)
    {
        var sent = Store is not null;
        try
        {
            var store = Store ?? await terms.WithinAsync(ConnectAsync(cancellationToken), _time, cancellationToken).ConfigureAwait(false);
            sent = true;
            var result = await terms.WithinAsync(work(store, cancellationToken), _time, cancellationToken).ConfigureAwait(false);
            terms.Latency?.Record(_time.GetElapsedTime(started));
            Health.Works(terms.IsTraffic);
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
                ? terms.Silence(sent, isQueued: place > Endpoint.MaxPoolSize)
                : FailureClassifier.Classify(e, sent, terms.IsOurs);
            if (failure.CountsAgainstProvider) Fails(failure);
            throw new AttemptFailedException(Name, failure, _time.GetElapsedTime(started), e);
        }
    }

    private void Fails(Failure failure)
    {
        Health.Fails(failure);
        if (failure.RefusesRowsOnly) Changed?.Invoke(this, EventArgs.Empty);
    }
}
