using Holdfast.Providers.Failures;

namespace Holdfast.Providers;

/// <summary>What attempts and probes have told of a provider: what failed last and since when, and whether it takes our rows.</summary>
internal sealed class ProviderHealth(TimeProvider time)
{
    private readonly SinceMark _failing = new();
    private readonly SinceMark _usable = new();
    private Failure? _lastFailure;
    private Failure? _writeRefusal;
    private long _lastSuccess;

    /// <summary>What failed last; null when the last attempt did not.</summary>
    public Failure? LastFailure => Volatile.Read(ref _lastFailure);

    /// <summary>Why it does not take our rows although it answers: read-only, disk full, drift. Null: it takes them.</summary>
    public Failure? WriteRefusal => Volatile.Read(ref _writeRefusal);

    /// <summary>What is wrong with it; null: nothing that is known.</summary>
    public Failure? Problem => LastFailure ?? WriteRefusal;

    /// <summary>It let a call wait longer than it ever does; others are asked at once until it answers again.</summary>
    public bool IsSuspect { get; private set; }

    /// <summary>When the failing that is going on began; null: it does not fail.</summary>
    public DateTimeOffset? FailingSince => _failing.At;

    /// <summary>Since when it has answered without a failure.</summary>
    public DateTimeOffset? UsableSince => _usable.At;

    /// <summary>When a call, a push or a probe succeeded last.</summary>
    public DateTimeOffset LastSuccessAt => new(Interlocked.Read(ref _lastSuccess), TimeSpan.Zero);

    /// <returns>False: it is suspected already.</returns>
    public bool Suspect()
    {
        if (IsSuspect) return false;
        IsSuspect = true;
        _failing.Begin(time.GetUtcNow());
        return true;
    }

    /// <param name="isTraffic">True: it makes a probe superfluous.</param>
    public void Works(bool isTraffic)
    {
        IsSuspect = false;
        if (WriteRefusal is null) Volatile.Write(ref _lastFailure, null);
        _failing.End();
        var now = time.GetUtcNow();
        if (isTraffic) Interlocked.Exchange(ref _lastSuccess, now.UtcTicks);
        _usable.Begin(now);
    }

    public void Fails(Failure failure)
    {
        Volatile.Write(ref _lastFailure, failure);
        _failing.Begin(time.GetUtcNow());
        _usable.End();
        if (failure.RefusesRowsOnly) Volatile.Write(ref _writeRefusal, failure);
    }

    /// <summary>A whole probe passed: a refusal of our rows is over, but one for drift only when they went in.</summary>
    public void Recover(Failure? refusal, bool tookOurRows)
    {
        if (refusal is not null && (tookOurRows || refusal.Cause != FailureCause.Drift)) Volatile.Write(ref _writeRefusal, null);
        Volatile.Write(ref _lastFailure, WriteRefusal);
        IsSuspect = false;
    }
}
