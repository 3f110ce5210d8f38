using System.Numerics;
using Holdfast.Rows;

namespace Holdfast.Stores;

/// <summary>A batch on its way: who holds it already, and who waits for more of them to.</summary>
internal sealed class Delivery(IReadOnlyList<Row> rows, IReadOnlyList<string> providers, Action<Delivery> confirmed)
{
    private readonly Lock _lock = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];
    private ulong _holders;
    private IReadOnlyList<string>? _names;

    public IReadOnlyList<Row> Rows => rows;

    /// <summary>True once its rows are on the disk of the local file.</summary>
    public bool IsSpooled { get; set; }

    public int HolderCount => BitOperations.PopCount(Volatile.Read(ref _holders));

    public IReadOnlyList<string> Holders
    {
        get
        {
            // The callers of a batch ask one after the other; it changes a few times at most.
            var known = Volatile.Read(ref _names);
            if (known is null || known.Count != HolderCount) Volatile.Write(ref _names, known = [.. providers.Where((_, i) => IsHeldBy(i))]);
            return known;
        }
    }

    public WriteConcern Reached => HolderCount switch
    {
        0 => WriteConcern.Local,
        var count when count >= Needed(WriteConcern.Majority, providers.Count) && providers.Count > 1 => WriteConcern.Majority,
        _ => IsSpooled ? WriteConcern.Available : WriteConcern.One,
    };

    /// <param name="provider">Its place among the configured providers.</param>
    public bool IsHeldBy(int provider) => (Volatile.Read(ref _holders) >> provider & 1) == 1;

    public void Confirm(int provider)
    {
        lock (_lock)
        {
            Volatile.Write(ref _holders, _holders | 1UL << provider);
            for (var i = _waiting.Count - 1; i >= 0; i--)
            {
                if (HolderCount < _waiting[i].Count) continue;
                _waiting[i].Reached.TrySetResult();
                _waiting.RemoveAt(i);
            }
        }
        confirmed(this);
    }

    /// <summary>Waits until enough providers hold it for <paramref name="concern"/>; false when time runs out first.</summary>
    public async Task<bool> ReachAsync(WriteConcern concern, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        Task reached;
        lock (_lock)
        {
            var count = Needed(concern, providers.Count);
            if (HolderCount >= count) return true;
            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((count, source));
            reached = source.Task;
        }
        try
        {
            await reached.WaitAsync(timeout, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>How many providers a concern asks for.</summary>
    public static int Needed(WriteConcern concern, int providerCount) => concern switch
    {
        WriteConcern.One => 1,
        WriteConcern.Majority => providerCount / 2 + 1,
        _ => 0,
    };
}
