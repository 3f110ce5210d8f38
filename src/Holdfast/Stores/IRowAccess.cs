using Holdfast.Rows;

namespace Holdfast.Stores;

/// <summary>What a memory writes to and reads from: one store, or a set of providers that acts as one.</summary>
internal interface IRowAccess : IAsyncDisposable
{
    /// <summary>Where it is, without secrets: for messages and <c>status</c>.</summary>
    string Address { get; }

    /// <summary>At most this many batches of a writer run at a time.</summary>
    int ConcurrentBatchesMax { get; }

    /// <summary>
    /// Asks every store behind it, and answers for each with what it said or why it did not: what is erased must be erased
    /// everywhere. Of one store alone it throws what <paramref name="ask"/> throws. What <paramref name="mayTakeLong"/> gets
    /// the time of a whole call instead of an attempt's.
    /// </summary>
    Task<IReadOnlyList<StoreAnswer<T>>> AskEachAsync<T>(Func<IRowAccess, CancellationToken, Task<T>> ask, bool mayTakeLong, CancellationToken cancellationToken);

    /// <summary>
    /// Merges append rows (revisions also move their registers) in one transaction: all or none. The answer has an element
    /// per row, in the order of <paramref name="rows"/>.
    /// </summary>
    /// <exception cref="RowRefusedException">One of the rows was refused; nothing was written.</exception>
    Task<MergeResult[]> MergeAsync(IReadOnlyList<Row> rows, CancellationToken cancellationToken);

    /// <summary>
    /// Writes a revision only if its register is still at <paramref name="expected"/> (null: does not exist yet); false when
    /// it is not, and then nothing was written.
    /// </summary>
    Task<bool> CompareAndSetAsync(Row revision, Stamp? expected, CancellationToken cancellationToken);

    /// <summary>Runs a query and reads its rows one by one.</summary>
    IAsyncEnumerable<T> QueryAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken);

    /// <summary>Changes a table that is local to a store; the number of rows changed.</summary>
    Task<int> ExecuteAsync(Statement statement, object?[] parameters, CancellationToken cancellationToken);

    /// <summary>
    /// Changes a table that is local to a store and reads all rows that the statement answers with (<c>returning</c>):
    /// one transaction, committed before this returns. <see cref="QueryAsync"/> is for statements that only read.
    /// </summary>
    Task<List<T>> ExecuteAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken);

    /// <summary>
    /// Empties again what erasures cover, for rows of transactions that were running when an erasure came; false while such
    /// a transaction still runs, and then it is to be called again.
    /// </summary>
    Task<bool> SweepErasuresAsync(CancellationToken cancellationToken);
}
