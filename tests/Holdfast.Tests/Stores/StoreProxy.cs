using Holdfast.Rows;
using Holdfast.Stores;

namespace Holdfast.Tests.Stores;

/// <summary>A store that passes everything on; tests override what they want to see or to break.</summary>
internal abstract class StoreProxy(IStore inner) : IStore
{
    public string Address => inner.Address;

    public virtual int ConcurrentBatchesMax => inner.ConcurrentBatchesMax;

    public Task<IReadOnlyList<StoreAnswer<T>>> AskEachAsync<T>(Func<IRowAccess, CancellationToken, Task<T>> ask, bool mayTakeLong, CancellationToken cancellationToken) => StoreAnswer<T>.OfOneAsync(Address, ask(this, cancellationToken));

    public virtual Task<MergeResult[]> MergeAsync(IReadOnlyList<Row> rows, CancellationToken cancellationToken) => inner.MergeAsync(rows, cancellationToken);

    public virtual Task<bool> CompareAndSetAsync(Row revision, Stamp? expected, CancellationToken cancellationToken) => inner.CompareAndSetAsync(revision, expected, cancellationToken);

    public virtual IAsyncEnumerable<T> QueryAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        inner.QueryAsync(statement, parameters, read, cancellationToken);

    public virtual Task<int> ExecuteAsync(Statement statement, object?[] parameters, CancellationToken cancellationToken) => inner.ExecuteAsync(statement, parameters, cancellationToken);

    public virtual Task<List<T>> ExecuteAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        inner.ExecuteAsync(statement, parameters, read, cancellationToken);

    public Task<IReadOnlyList<FeedEntry>> ReadFeedAsync(Table table, FeedPosition after, int entriesMax, CancellationToken cancellationToken) => inner.ReadFeedAsync(table, after, entriesMax, cancellationToken);

    public Task<IReadOnlyList<RowReference>> FindMissingAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken) => inner.FindMissingAsync(table, rows, cancellationToken);

    public Task<IReadOnlyList<Row>> ReadRowsAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken) => inner.ReadRowsAsync(table, rows, cancellationToken);

    public virtual Task<bool> SweepErasuresAsync(CancellationToken cancellationToken) => inner.SweepErasuresAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
