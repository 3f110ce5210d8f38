using System.Threading.Channels;
using Holdfast.Rows;

namespace Holdfast.Stores;

/// <summary>
/// Joins concurrent callers into one batch per round trip. It is self-clocking: while a batch is in flight the next one
/// collects, so a lone caller waits for nothing and a crowd shares a commit. No timer, no added latency.
/// </summary>
internal sealed class RowWriter : IAsyncDisposable
{
    /// <summary>Rows that may wait; callers beyond wait for a place (back-pressure, never a drop).</summary>
    public const int QueueRowsMax = 10_000;

    /// <summary>A batch closes at this size, so that large rows do not add up to a statement that no server takes.</summary>
    public const int BatchBytesMax = 32 * 1024 * 1024;

    private readonly Func<IReadOnlyList<Row>, Task<MergeResult[]>> _merge;
    private readonly int _concurrentBatchesMax;
    private readonly Channel<PendingRow> _queue = Channel.CreateBounded<PendingRow>(QueueRowsMax);

    /// <summary>Batches that may be in flight; whoever takes a place drains the queue.</summary>
    private readonly SemaphoreSlim _flights;

    public RowWriter(IRowAccess store) : this(rows => store.MergeAsync(rows, CancellationToken.None), store.ConcurrentBatchesMax) { }

    public RowWriter(Func<IReadOnlyList<Row>, Task<MergeResult[]>> merge, int concurrentBatchesMax)
    {
        _merge = merge;
        _concurrentBatchesMax = concurrentBatchesMax;
        _flights = new SemaphoreSlim(concurrentBatchesMax, concurrentBatchesMax);
    }

    /// <summary>
    /// Writes a row and answers what became of it. When <paramref name="cancellationToken"/> fires while the row waits, it is
    /// not written; once it is in flight the caller is released and the outcome is unknown. Neighbours notice nothing.
    /// </summary>
    /// <exception cref="RowRefusedException">The store refused this row.</exception>
    /// <exception cref="StoreUnavailableException">The store did not answer; the row may have been written.</exception>
    public async Task<MergeResult> WriteAsync(Row row, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // A lone caller goes to the store himself: no queue, no change of threads.
        if (_queue.Reader.Count == 0 && !_queue.Reader.Completion.IsCompleted && _flights.Wait(0, CancellationToken.None))
            return await WriteAloneAsync(row).WaitAsync(cancellationToken).ConfigureAwait(false);

        var pending = new PendingRow(row);
        try
        {
            await _queue.Writer.WriteAsync(pending, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(RowWriter), "The memory was disposed of; nothing was written.");
        }
        StartDraining();
        await using var _ = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingRow)state!).Cancel(token), pending).ConfigureAwait(false);
        return await pending.Result.ConfigureAwait(false);
    }

    /// <summary>Stops taking rows and waits until those that it took are written.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        // With every place taken nobody else is writing any more; what still waits is written here.
        for (var i = 0; i < _concurrentBatchesMax; i++) await _flights.WaitAsync().ConfigureAwait(false);
        await DrainAsync().ConfigureAwait(false);
    }

    private async Task<MergeResult> WriteAloneAsync(Row row)
    {
        try
        {
            return (await _merge([row]).ConfigureAwait(false))[0];
        }
        finally
        {
            Land();
        }
    }

    private void StartDraining()
    {
        if (_flights.Wait(0, CancellationToken.None)) _ = Task.Run(DrainAndLandAsync);
    }

    private async Task DrainAndLandAsync()
    {
        // Every error reaches its callers inside; nothing is thrown here.
        await DrainAsync().ConfigureAwait(false);
        Land();
    }

    private void Land()
    {
        _flights.Release();
        // A row that came while this place was still taken found none: it must not wait for the next caller.
        if (_queue.Reader.Count > 0) StartDraining();
    }

    private async Task DrainAsync()
    {
        var batch = new List<PendingRow>();
        while (Collect(batch)) await WriteBatchAsync(batch).ConfigureAwait(false);
    }

    private bool Collect(List<PendingRow> batch)
    {
        batch.Clear();
        var bytes = 0L;
        while (batch.Count < Batch.RowsMax && bytes < BatchBytesMax && _queue.Reader.TryRead(out var pending))
        {
            if (!pending.Take()) continue;
            batch.Add(pending);
            bytes += pending.Row.Size;
        }
        return batch.Count > 0;
    }

    private async Task WriteBatchAsync(IReadOnlyList<PendingRow> batch)
    {
        try
        {
            var results = await _merge([.. batch.Select(pending => pending.Row)]).ConfigureAwait(false);
            for (var i = 0; i < results.Length; i++) batch[i].Complete(results[i]);
        }
        catch (RowRefusedException) when (batch.Count > 1)
        {
            // Nothing of the batch was written. Halves until the culprit stands alone: the others go in.
            var half = batch.Count / 2;
            await WriteBatchAsync([.. batch.Take(half)]).ConfigureAwait(false);
            await WriteBatchAsync([.. batch.Skip(half)]).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Every caller of the batch gets the error: this loop must live on for the next ones.
        catch (Exception e)
#pragma warning restore CA1031
        {
            foreach (var pending in batch) pending.Fail(e);
        }
    }

    private sealed class PendingRow(Row row)
    {
        private readonly TaskCompletionSource<MergeResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _taken;

        public Row Row => row;

        public Task<MergeResult> Result => _result.Task;

        /// <summary>False when the caller has gone: then the row is not written.</summary>
        public bool Take() => Interlocked.Exchange(ref _taken, 1) == 0;

        public void Cancel(CancellationToken token)
        {
            Interlocked.Exchange(ref _taken, 1);
            _result.TrySetCanceled(token);
        }

        public void Complete(MergeResult result) => _result.TrySetResult(result);

        public void Fail(Exception error) => _result.TrySetException(error);
    }
}
