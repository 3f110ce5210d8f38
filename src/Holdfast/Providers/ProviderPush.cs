using Holdfast.Providers.Failures;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Sqlite;

namespace Holdfast.Providers;

/// <summary>
/// Sends one provider what it does not hold yet: this process's writes at once and batched (while one batch is under way the
/// next collects), and what stands in the spool when the provider comes back or the process starts. Rows that it refuses wait
/// in the spool; the rest goes on.
/// </summary>
internal sealed class ProviderPush : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan GatherFor = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LagMax = TimeSpan.FromSeconds(1);
    private const int PageRows = 1_000;

    private readonly Provider _provider;
    private readonly Spool _spool;
    private readonly int _holdersNeeded;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;
    private long _refused;

    public ProviderPush(Provider provider, Spool spool, int holdersNeeded, TimeProvider time, TimeSpan timeout, Action<Exception> failed)
    {
        _provider = provider;
        _spool = spool;
        _holdersNeeded = holdersNeeded;
        _time = time;
        _timeout = timeout;
        Queue = new PushQueue(provider, time);
        _loop = Task.Run(() => BackgroundLoop.RunAsync(TurnAsync, failed, time, _stopping.Token));
    }

    public PushQueue Queue { get; }

    /// <summary>Rows that it refused when they were offered last.</summary>
    public long RefusedCount => Interlocked.Read(ref _refused);

    /// <summary>True while it may lack something that this process has written.</summary>
    public bool IsBehind => RefusedCount > 0 || !Queue.IsEmpty;

    /// <summary>True when it holds all but what was written this very moment: it may lead again.</summary>
    public bool IsCaughtUp => RefusedCount == 0 && Queue.IsCaughtUp(LagMax);

    /// <summary>Waits until it holds all that this process has written; false where it refuses some of it.</summary>
    public async Task<bool> FlushAsync(CancellationToken cancellationToken)
    {
        if (!Queue.IsEmpty)
        {
            Queue.Hurry();
            await Queue.EmptiedAsync(cancellationToken).ConfigureAwait(false);
        }
        return RefusedCount == 0;
    }

    /// <summary>The same, but not for ever; false also where it takes longer.</summary>
    public async Task<bool> FlushedAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return await FlushAsync(cancellationToken).WaitAsync(timeout, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task<bool> TurnAsync(CancellationToken cancellationToken)
    {
        Queue.BeginRound();
        var work = Queue.WorkAsync();
        try
        {
            if (!await PushAsync(cancellationToken).ConfigureAwait(false))
                // Nothing to do, or it cannot be reached: whatever changes that ends the wait.
                await work.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is AttemptFailedException or StoreUnavailableException)
        {
            // The failure is the provider's state by now (or the local file is busy), and nothing was taken from the queue.
            await Task.WhenAny(work, Task.Delay(Pause, _time, cancellationToken)).ConfigureAwait(false);
        }
        return true;
    }

    private async Task<bool> PushAsync(CancellationToken cancellationToken)
    {
        if (Queue.MayGather) await GatherAsync(cancellationToken).ConfigureAwait(false);
        // Asked as late as can be: a provider that was drained while rows were gathered is left alone.
        if (!_provider.IsReadable) return false;
        var batch = Queue.Take();
        if (batch.Count > 0)
        {
            var left = new HashSet<Delivery>();
            try
            {
                await SendAsync([.. batch.Select(entry => entry.Delivery)], left, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                Queue.PutBack(batch, left);
            }
            return true;
        }
        if (!Queue.TakeScan()) return false;
        var done = false;
        try
        {
            await ScanAsync(cancellationToken).ConfigureAwait(false);
            done = true;
        }
        finally
        {
            Queue.EndScan(done);
        }
        return true;
    }

    // The rows are on the disk and at the primary: a moment later costs nobody, and a batch costs the backup little more than a row.
    private async Task GatherAsync(CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(Task.Delay(GatherFor, _time, enough.Token), Queue.EnoughAsync()).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task SendAsync(List<Delivery> batch, HashSet<Delivery> left, CancellationToken cancellationToken)
    {
        try
        {
            await MergeAsync([.. batch.SelectMany(delivery => delivery.Rows)], cancellationToken).ConfigureAwait(false);
            foreach (var delivery in batch) delivery.Confirm(_provider.Index);
        }
        catch (AttemptFailedException e) when (e.Failure.Cause == FailureCause.Drift)
        {
            if (batch.Count > 1)
            {
                foreach (var delivery in batch) await SendAsync([delivery], left, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                // In the spool it waits for a repair; what the spool did not take, the relay brings from its holder then.
                Interlocked.Add(ref _refused, batch[0].Rows.Count);
                left.Add(batch[0]);
                if (!batch[0].IsSpooled) _provider.Lacks();
            }
        }
    }

    private async Task ScanAsync(CancellationToken cancellationToken)
    {
        var until = _time.GetUtcNow();
        var refused = 0L;
        SpooledRow? last = null;
        while (true)
        {
            var page = await _spool.WaitingAsync(_provider.Name, until, last, PageRows, cancellationToken).ConfigureAwait(false);
            if (page.Count == 0) break;
            last = page[^1];
            foreach (var group in page.GroupBy(entry => entry.Table))
            {
                var rows = await _spool.Store.ReadRowsAsync(group.Key, [.. group.Select(entry => entry.Reference)], cancellationToken).ConfigureAwait(false);
                var refusedNow = await RefusedAsync(rows, cancellationToken).ConfigureAwait(false);
                refused += refusedNow.Count;
                // An entry whose row is no longer there has nothing to wait for.
                await _spool.ConfirmAsync(
                    [.. group.Where(entry => !refusedNow.Contains((entry.Reference.TenantId, entry.Reference.Id))).Select(entry => (entry.Table, entry.Reference, _provider.Name))],
                    _holdersNeeded, cancellationToken).ConfigureAwait(false);
            }
        }
        Interlocked.Exchange(ref _refused, refused);
        if (refused == 0 && _provider.Health.WriteRefusal is { Cause: FailureCause.Drift }) await _provider.RecoverAsync(tookOurRows: true).ConfigureAwait(false);
    }

    /// <summary>Merges what goes in; of what does not, halves until the refused rows stand alone.</summary>
    private async Task<HashSet<(string, Guid)>> RefusedAsync(IReadOnlyList<Row> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0) return [];
        try
        {
            await MergeAsync(rows, cancellationToken).ConfigureAwait(false);
            return [];
        }
        catch (AttemptFailedException e) when (e.Failure.Cause == FailureCause.Drift)
        {
            // A missing table, column or grant refuses all of them: nothing to look for.
            if (rows.Count == 1 || e.Failure.SqlState is "42P01" or "42703" or "3F000" or "42501") return [.. rows.Select(row => (row.TenantId, row.Id))];
            var half = rows.Count / 2;
            var refused = await RefusedAsync([.. rows.Take(half)], cancellationToken).ConfigureAwait(false);
            refused.UnionWith(await RefusedAsync([.. rows.Skip(half)], cancellationToken).ConfigureAwait(false));
            return refused;
        }
    }

    private Task<MergeResult[]> MergeAsync(IReadOnlyList<Row> rows, CancellationToken cancellationToken) =>
        _provider.AttemptAsync((store, token) => store.MergeAsync(rows, token), latency: null, _timeout, ours: true, cancellationToken);
}
