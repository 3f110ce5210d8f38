using Holdfast.Rows;
using Holdfast.Stores;

namespace Holdfast.Providers;

/// <summary>This process's writes that one provider has not confirmed yet, oldest first.</summary>
internal sealed class PushQueue
{
    /// <summary>Rows that are kept in memory for a provider that is away; what is beyond is read from the spool again.</summary>
    private const int RowsMax = 20_000;

    private const int GatherRowsMax = 500;

    private readonly Provider _provider;
    private readonly Lock _lock = new();
    private readonly LinkedList<Delivery> _waiting = new();
    private TaskCompletionSource _work = New();
    private TaskCompletionSource _idle = New();
    private TaskCompletionSource _enough = New();
    private int _rows;
    private readonly TimeProvider _time;
    private int _underway;
    private int _followed;
    private bool _scan = true;
    private bool _takesAll;
    private bool _hurried;
    private long _takenAt;
    private long _heldUpTo;

    public PushQueue(Provider provider, TimeProvider time)
    {
        _provider = provider;
        _time = time;
        provider.Changed += (_, _) => Wake();
        provider.Repaired += (_, _) => RequestScan();
    }

    /// <summary>False while the provider may lack something that this process has written, or that stands in the spool.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock) return !_scan && _waiting.Count == 0 && _underway == 0;
        }
    }

    /// <summary>
    /// True when the provider holds all that was queued until <paramref name="lagMax"/> ago. Under steady writes there is always
    /// something on its way; to wait until there is nothing would be to wait for ever.
    /// </summary>
    public bool IsCaughtUp(TimeSpan lagMax)
    {
        lock (_lock)
        {
            if (_scan || _followed > 0) return false;
            return (_waiting.Count == 0 && _underway == 0) || (_heldUpTo != 0 && _time.GetElapsedTime(_heldUpTo) <= lagMax);
        }
    }

    public int Rows => Volatile.Read(ref _rows);

    public void Add(Delivery delivery)
    {
        if (delivery.IsHeldBy(_provider.Index)) return;
        lock (_lock)
        {
            // What is on the disk anyway needs no second place while the provider is away.
            if (delivery.IsSpooled && _rows > RowsMax)
            {
                _scan = true;
            }
            else
            {
                _waiting.AddLast(delivery);
                _rows += delivery.Rows.Count;
            }
        }
        Wake();
        if (_rows >= GatherRowsMax) Hurry();
    }

    /// <summary>An attempt is still running: until it has ended, nobody knows whether the provider holds the rows.</summary>
    public async Task FollowAsync(Task<bool> attempt, Delivery delivery)
    {
        lock (_lock)
        {
            _underway++;
            _followed++;
        }
        var held = await attempt.ConfigureAwait(false);
        if (!held) Add(delivery);
        lock (_lock)
        {
            _underway--;
            _followed--;
            // What is queued now is older than the place in the queue tells.
            if (!held) _heldUpTo = 0;
        }
        Settle();
    }

    /// <summary>Asks for a look into the spool: for rows of other processes, or of one that has ended.</summary>
    public void RequestScan()
    {
        lock (_lock) _scan = true;
        Wake();
    }

    /// <summary>Rows that nobody waits for and that are few: they may gather for a moment.</summary>
    public bool MayGather
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count > 0 && _rows < GatherRowsMax && !_hurried;
            }
        }
    }

    public bool TakeScan()
    {
        lock (_lock)
        {
            if (!_scan) return false;
            _scan = false;
            _underway++;
            return true;
        }
    }

    public void EndScan(bool done)
    {
        lock (_lock)
        {
            _underway--;
            _scan |= !done;
        }
        Settle();
    }

    /// <summary>The oldest writes that fit into one transaction; <see cref="PutBack"/> must follow.</summary>
    public List<Delivery> Take()
    {
        var batch = new List<Delivery>();
        lock (_lock)
        {
            var rows = 0;
            _hurried = false;
            while (_waiting.First is { } first && (batch.Count == 0 || rows + first.Value.Rows.Count <= Batch.RowsMax))
            {
                _waiting.RemoveFirst();
                batch.Add(first.Value);
                rows += first.Value.Rows.Count;
            }
            if (batch.Count > 0) _underway++;
            (_takesAll, _takenAt) = (_waiting.Count == 0, _time.GetTimestamp());
        }
        return batch;
    }

    /// <summary>Ends what <see cref="Take"/> began: what is neither confirmed nor left to the spool stays in its place.</summary>
    public void PutBack(List<Delivery> batch, IReadOnlySet<Delivery> leftToSpool)
    {
        lock (_lock)
        {
            _underway--;
            for (var i = batch.Count - 1; i >= 0; i--)
            {
                if (batch[i].IsHeldBy(_provider.Index) || leftToSpool.Contains(batch[i])) _rows -= batch[i].Rows.Count;
                else
                {
                    _waiting.AddFirst(batch[i]);
                    _takesAll = false;
                }
            }
            if (_takesAll) _heldUpTo = _takenAt;
        }
        Settle();
    }

    /// <summary>Ends when nothing should gather any longer.</summary>
    public Task EnoughAsync()
    {
        lock (_lock)
        {
            if (_enough.Task.IsCompleted) _enough = New();
            return _enough.Task;
        }
    }

    public void Hurry()
    {
        TaskCompletionSource enough;
        lock (_lock) (_hurried, enough) = (true, _enough);
        enough.TrySetResult();
    }

    /// <summary>Ends when there may be something to do.</summary>
    public Task WorkAsync()
    {
        lock (_lock) return _work.Task;
    }

    public void BeginRound()
    {
        lock (_lock)
            if (_work.Task.IsCompleted) _work = New();
    }

    /// <summary>Ends when nothing waits any more.</summary>
    public async Task EmptiedAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task idle;
            lock (_lock)
            {
                if (!_scan && _waiting.Count == 0 && _underway == 0) return;
                idle = _idle.Task;
            }
            await idle.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Wake()
    {
        TaskCompletionSource work;
        lock (_lock) work = _work;
        work.TrySetResult();
    }

    private void Settle()
    {
        lock (_lock)
        {
            if (_scan || _waiting.Count > 0 || _underway > 0) return;
            _idle.TrySetResult();
            _idle = New();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
