using Holdfast.Rows;
using Holdfast.Stores;

namespace Holdfast.Tests.Stores;

/// <summary>A store that takes rows as the test says: it can be held, refuse rows, or fail.</summary>
internal sealed class MemoryStore : IStore
{
    private readonly Lock _lock = new();
    private readonly List<IReadOnlyList<Row>> _batches = [];
    private readonly List<Row> _stored = [];
    private TaskCompletionSource _gate = Opened();
    private int _inFlight;

    public int ConcurrentBatchesMax { get; init; } = 1;

    public Task<IReadOnlyList<StoreAnswer<T>>> AskEachAsync<T>(Func<IRowAccess, CancellationToken, Task<T>> ask, bool mayTakeLong, CancellationToken cancellationToken) => StoreAnswer<T>.OfOneAsync(Address, ask(this, cancellationToken));

    public string Address => "memory";

    public Func<Row, bool> Refuse { get; set; } = _ => false;

    public Exception? Failure { get; set; }

    public int InFlightMost { get; private set; }

    public IReadOnlyList<IReadOnlyList<Row>> Batches
    {
        get { lock (_lock) return [.. _batches]; }
    }

    public IReadOnlyList<Row> Stored
    {
        get { lock (_lock) return [.. _stored]; }
    }

    public void Close() => _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open() => _gate.TrySetResult();

    public async Task<MergeResult[]> MergeAsync(IReadOnlyList<Row> rows, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _batches.Add(rows);
            InFlightMost = Math.Max(InFlightMost, ++_inFlight);
        }
        await _gate.Task;
        lock (_lock) _inFlight--;
        if (Failure is not null) throw Failure;
        if (rows.FirstOrDefault(Refuse) is { } bad) throw new RowRefusedException($"refused: {bad.Id}", new InvalidOperationException());
        lock (_lock) _stored.AddRange(rows);
        return [.. rows.Select(_ => new MergeResult(MergeOutcome.Inserted))];
    }

    public Task<bool> CompareAndSetAsync(Row revision, Stamp? expected, CancellationToken cancellationToken) => throw new NotSupportedException();

    public IAsyncEnumerable<T> QueryAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<int> ExecuteAsync(Statement statement, object?[] parameters, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<List<T>> ExecuteAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<FeedEntry>> ReadFeedAsync(Table table, FeedPosition after, int entriesMax, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<RowReference>> FindMissingAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<Row>> ReadRowsAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> SweepErasuresAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static TaskCompletionSource Opened()
    {
        var gate = new TaskCompletionSource();
        gate.SetResult();
        return gate;
    }
}
