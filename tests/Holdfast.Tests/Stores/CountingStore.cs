using Holdfast.Rows;
using Holdfast.Stores;

namespace Holdfast.Tests.Stores;

/// <summary>Counts what is asked of a store: reads, and round trips that write.</summary>
internal sealed class CountingStore(IStore inner) : StoreProxy(inner)
{
    private int _merges;
    private int _calls;

    public int Merges => _merges;

    /// <summary>Calls of any kind, also those that only read.</summary>
    public int Calls => _calls;

    public override Task<MergeResult[]> MergeAsync(IReadOnlyList<Row> rows, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _merges);
        Interlocked.Increment(ref _calls);
        return base.MergeAsync(rows, cancellationToken);
    }

    public override Task<bool> CompareAndSetAsync(Row revision, Stamp? expected, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        return base.CompareAndSetAsync(revision, expected, cancellationToken);
    }

    public override IAsyncEnumerable<T> QueryAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        return base.QueryAsync(statement, parameters, read, cancellationToken);
    }

    public override Task<int> ExecuteAsync(Statement statement, object?[] parameters, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        return base.ExecuteAsync(statement, parameters, cancellationToken);
    }

    public override Task<bool> SweepErasuresAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        return base.SweepErasuresAsync(cancellationToken);
    }
}
