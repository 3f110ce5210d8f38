using Holdfast.Rows;
using Holdfast.Stores;

namespace Holdfast.Providers.Control;

/// <summary>One store whose writes stop while the operator has frozen them; a set of providers looks by itself.</summary>
internal sealed class FreezableStore(IRowAccess store, string home) : IRowAccess
{
    private readonly ControlFile _file = new(home);
    private (long Version, ControlState State) _known = (0, ControlState.None);

    public string Address => store.Address;

    public int ConcurrentBatchesMax => store.ConcurrentBatchesMax;

    public Task<IReadOnlyList<T>> AskReachableAsync<T>(Func<IRowAccess, CancellationToken, Task<T>> ask, CancellationToken cancellationToken) => store.AskReachableAsync(ask, cancellationToken);

    public Task<MergeResult[]> MergeAsync(IReadOnlyList<Row> rows, CancellationToken cancellationToken) => Unfrozen().MergeAsync(rows, cancellationToken);

    public Task<bool> CompareAndSetAsync(Row revision, Stamp? expected, CancellationToken cancellationToken) => Unfrozen().CompareAndSetAsync(revision, expected, cancellationToken);

    public IAsyncEnumerable<T> QueryAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken) => store.QueryAsync(statement, parameters, read, cancellationToken);

    public Task<int> ExecuteAsync(Statement statement, object?[] parameters, CancellationToken cancellationToken) => Unfrozen().ExecuteAsync(statement, parameters, cancellationToken);

    public Task<List<T>> ExecuteAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken) => Unfrozen().ExecuteAsync(statement, parameters, read, cancellationToken);

    public Task<bool> SweepErasuresAsync(CancellationToken cancellationToken) => Unfrozen().SweepErasuresAsync(cancellationToken);

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private IRowAccess Unfrozen()
    {
        var version = _file.Version;
        var known = _known;
        // Two callers at once read the same file and come to the same.
        if (known.Version != version) _known = known = (version, _file.Read());
        return known.State is { FrozenSince: { } since, ChangedBy: var by } ? throw new WritesFrozenException(since, by) : store;
    }
}
