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
    private readonly LinkedList<(long Number, Delivery Delivery)> _waiting = new();

    /// <summary>What the provider may lack, deliveries and looks into the spool: numbers in the order in which it came, and when.</summary>
    private readonly SortedDictionary<long, long> _outstanding = [];
    private TaskCompletionSource _work = New();
    private TaskCompletionSource _idle = New();
    private TaskCompletionSource _enough = New();
    private int _rows;
    private readonly TimeProvider _time;
    private long _last;
    private long _scan;
    private long _scanning;
    private bool _hurried;

    public PushQueue(Provider provider, TimeProvider time)
    {
        _provider = provider;
        _time = time;
        AskForScan();
        provider.Changed += (_, _) => Wake();
        provider.Repaired += (_, _) => RequestScan();
    }

    /// <summary>False while the provider may lack something that this process has written, or that stands in the spool.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock) return _outstanding.Count == 0;
        }
    }

    /// <summary>
    /// True when the provider holds all that came until <paramref name="lagMax"/> ago. Under steady writes there is always
    /// something on its way; to wait until there is nothing would be to wait for ever. Nobody knows how old the rows of the
    /// spool are: a look into it is waited for.
    /// </summary>
    public bool IsCaughtUp(TimeSpan lagMax)
    {
        lock (_lock)
        {
            if (_scan != 0 || _scanning != 0) return false;
            return _outstanding.Count == 0 || _time.GetElapsedTime(_outstanding.First().Value) <= lagMax;
        }
    }

    public int Rows => Volatile.Read(ref _rows);

    public void Add(Delivery delivery)
    {
        lock (_lock) Add(++_last, _time.GetTimestamp(), delivery);
        Wake();
        if (_rows >= GatherRowsMax) Hurry();
    }

    /// <summary>An attempt is still running: until it has ended, nobody knows whether the provider holds the rows.</summary>
    public async Task FollowAsync(Task<bool> attempt, Delivery delivery)
    {
        long number;
        lock (_lock) _outstanding.Add(number = ++_last, _time.GetTimestamp());
        var held = false;
        try
        {
            held = await attempt.ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _outstanding.Remove(number, out var at);
                if (!held) Add(number, at, delivery);
            }
            Wake();
            Settle();
        }
    }

    /// <summary>Asks for a look into the spool: for rows of other processes, or of one that has ended.</summary>
    public void RequestScan()
    {
        lock (_lock) AskForScan();
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
            if (_scan == 0) return false;
            (_scanning, _scan) = (_scan, 0);
            return true;
        }
    }

    public void EndScan(bool done)
    {
        lock (_lock)
        {
            // What was asked for meanwhile is a look of its own.
            if (done || _scan != 0) _outstanding.Remove(_scanning);
            else _scan = _scanning;
            _scanning = 0;
        }
        Settle();
    }

    /// <summary>The oldest writes that fit into one transaction; <see cref="PutBack"/> must follow.</summary>
    public List<(long Number, Delivery Delivery)> Take()
    {
        var batch = new List<(long, Delivery)>();
        lock (_lock)
        {
            var rows = 0;
            _hurried = false;
            while (_waiting.First is { Value: var (number, delivery) } && (batch.Count == 0 || rows + delivery.Rows.Count <= Batch.RowsMax))
            {
                _waiting.RemoveFirst();
                batch.Add((number, delivery));
                rows += delivery.Rows.Count;
            }
        }
        return batch;
    }

    /// <summary>Ends what <see cref="Take"/> began: what is neither confirmed nor left to the spool stays in its place.</summary>
    public void PutBack(List<(long Number, Delivery Delivery)> batch, IReadOnlySet<Delivery> left)
    {
        lock (_lock)
        {
            for (var i = batch.Count - 1; i >= 0; i--)
            {
                var (number, delivery) = batch[i];
                if (delivery.IsHeldBy(_provider.Index) || left.Contains(delivery))
                {
                    _rows -= delivery.Rows.Count;
                    _outstanding.Remove(number);
                }
                else
                {
                    _waiting.AddFirst((number, delivery));
                }
            }
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

    /// <summary>Ends when the provider lacks nothing of what stood here when this was asked; what comes meanwhile is waited for by others.</summary>
    public async Task EmptiedAsync(CancellationToken cancellationToken)
    {
        long until;
        lock (_lock) until = _last;
        while (true)
        {
            Task idle;
            lock (_lock)
            {
                if (_outstanding.Count == 0 || _outstanding.First().Key > until) return;
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

    private void Add(long number, long at, Delivery delivery)
    {
        if (delivery.IsHeldBy(_provider.Index)) return;
        if (_rows <= RowsMax)
        {
            _waiting.AddLast((number, delivery));
            _outstanding.Add(number, at);
            _rows += delivery.Rows.Count;
        }
        // What is on the disk anyway needs no second place while the provider is away. What is not is at another provider, and
        // the relay brings it from there.
        else if (delivery.IsSpooled) AskForScan();
        else _provider.Lacks();
    }

    private void AskForScan()
    {
        if (_scan == 0) _outstanding.Add(_scan = ++_last, _time.GetTimestamp());
    }

    // Whoever waits looks whether that was it.
    private void Settle()
    {
        TaskCompletionSource idle;
        lock (_lock) (idle, _idle) = (_idle, New());
        idle.TrySetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
