using Holdfast.Rows;
using Holdfast.Stores;

namespace Holdfast.Providers;

/// <summary>
/// The way of a batch: into the spool and to the primary at the same time, to the next provider when the primary is slow or
/// fails, and answered when its rows are on the local disk and at a provider, or on the local disk alone where none answers.
/// </summary>
internal sealed class WritePath(Router router, IReadOnlyList<string> names, IReadOnlyList<ProviderPush> pushes, SpoolGate spool, HedgeBudget hedges, FailoverOptions options, TimeProvider time, Action<Delivery> confirmed)
{
    private const int SwallowedMax = 4;

    private static readonly TimeSpan LocalMax = TimeSpan.FromSeconds(2);

    /// <summary>Answers when the rows are available; what goes on afterwards is in the delivery of the results.</summary>
    public async Task<MergeResult[]> WriteAsync(IReadOnlyList<Row> rows)
    {
        var delivery = new Delivery(rows, names, confirmed);
        var failed = new AttemptList();
        var spooling = SpoolAsync(delivery, failed);
        using var stop = new CancellationTokenSource();
        var race = new Race(this, delivery, failed);
        hedges.Count();
        try
        {
            var won = await race.RunAsync(Candidates(), stop.Token).ConfigureAwait(false);
            var spooled = await spooling.ConfigureAwait(false);
            // Neither: the attempts that still run are the last hope, and then the caller must know.
            if (won is null && spooled is null) won = await race.LastAsync(options.CallTimeout).ConfigureAwait(false);
            var results = won ?? spooled ?? throw (failed.First is RowRefusedException refused ? refused : failed.ToException("No provider and not the local file took the rows."));
            for (var i = 0; i < results.Length; i++) results[i] = results[i] with { Delivery = delivery };
            // Only what was acknowledged goes on to the others: what was refused must not turn up later.
            race.HandOver();
            return results;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Answers when the rows are on the local disk; the providers get them in the background.</summary>
    public async Task<MergeResult[]> WriteLocallyAsync(IReadOnlyList<Row> rows)
    {
        var delivery = new Delivery(rows, names, confirmed);
        var failed = new AttemptList();
        var results = await SpoolAsync(delivery, failed).ConfigureAwait(false)
            ?? throw (failed.First is RowRefusedException refused ? refused : failed.ToException("The local file did not take the rows."));
        foreach (var push in pushes) push.Queue.Add(delivery);
        for (var i = 0; i < results.Length; i++) results[i] = results[i] with { Delivery = delivery };
        return results;
    }

    /// <summary>A row that one provider holds already: into the spool, and on to the others.</summary>
    public async Task DeliverAsync(IReadOnlyList<Row> rows, Provider holder)
    {
        var delivery = new Delivery(rows, names, confirmed);
        delivery.Confirm(holder.Index);
        await SpoolAsync(delivery, new AttemptList()).ConfigureAwait(false);
        foreach (var push in pushes) push.Queue.Add(delivery);
    }

    // What a silent provider has swallowed already is enough to see it answer again; the push brings it the rest.
    private List<Provider> Candidates()
    {
        var order = router.WriteOrder();
        order.RemoveAll(provider => provider.IsSuspect && provider.Running >= SwallowedMax);
        return order;
    }

    private async Task<MergeResult[]?> SpoolAsync(Delivery delivery, AttemptList failed)
    {
        try
        {
            var results = await spool.WriteAsync(delivery.Rows).ConfigureAwait(false);
            delivery.IsSpooled = true;
            // A provider may have been faster than the disk: what it confirmed had no mark to go to.
            if (delivery.HolderCount > 0) confirmed(delivery);
            return results;
        }
        catch (HoldfastException e)
        {
            // With a provider that commits the write is still safe; the receipt says which level it reached.
            failed.Add(e.Message, e);
            return null;
        }
    }

    /// <summary>The providers' part of one write.</summary>
    private sealed class Race(WritePath path, Delivery delivery, AttemptList failed)
    {
        private readonly List<(Provider Provider, Task<MergeResult[]?> Task)> _running = [];

        /// <summary>The first provider's answer; null when none answers in time.</summary>
        public async Task<MergeResult[]?> RunAsync(List<Provider> order, CancellationToken stop)
        {
            var next = 0;
            Task? local = null;
            while (true)
            {
                if (_running.Count == 0)
                {
                    if (next >= order.Count) return null;
                    Start(order[next++]);
                }
                var (slowest, _) = _running[^1];
                local ??= Task.Delay(LocallyAfter(order[0]), path.Time, stop);
                var hedge = next < order.Count && path.Hedges.MayHedge(slowest)
                    ? Task.Delay(path.Hedges.Delay(slowest, slowest.Writes), path.Time, stop) : null;
                var done = await FirstAsync(hedge, local).ConfigureAwait(false);
                if (done == local)
                {
                    foreach (var (slow, _) in _running) slow.Suspect();
                    return null;
                }
                if (done == hedge)
                {
                    path.Hedges.Spend(slowest);
                    Start(order[next++]);
                    continue;
                }
                var at = _running.FindIndex(attempt => attempt.Task == done);
                var (provider, answer) = _running[at];
                _running.RemoveAt(at);
                if (await answer.ConfigureAwait(false) is not { } results) continue;
                // Others were asked because these let it wait: they are suspect until they answer.
                foreach (var (slow, _) in _running) slow.Suspect();
                return results;
            }
        }

        public async Task<MergeResult[]?> LastAsync(TimeSpan timeout)
        {
            using var stop = new CancellationTokenSource(timeout, path.Time);
            var timedOut = Task.Delay(Timeout.InfiniteTimeSpan, path.Time, stop.Token);
            while (_running.Count > 0)
            {
                var done = await FirstAsync(timedOut, null).ConfigureAwait(false);
                if (done == timedOut) return null;
                var at = _running.FindIndex(attempt => attempt.Task == done);
                var task = _running[at].Task;
                _running.RemoveAt(at);
                if (await task.ConfigureAwait(false) is { } results) return results;
            }
            return null;
        }

        /// <summary>What still runs is followed to its end, and who was not asked gets the rows from the push.</summary>
        public void HandOver()
        {
            foreach (var (provider, task) in _running)
                _ = path.Pushes[provider.Index].Queue.FollowAsync(HeldAsync(task), delivery);
            foreach (var push in path.Pushes.Where((_, i) => !_running.Exists(attempt => attempt.Provider.Index == i)))
                push.Queue.Add(delivery);

            static async Task<bool> HeldAsync(Task<MergeResult[]?> attempt) => await attempt.ConfigureAwait(false) is not null;
        }

        private void Start(Provider provider)
        {
            _running.Add((provider, AttemptAsync(provider)));
        }

        private async Task<MergeResult[]?> AttemptAsync(Provider provider)
        {
            try
            {
                var results = await provider.AttemptAsync((store, token) => store.MergeAsync(delivery.Rows, token), provider.Writes, path.Options.AttemptTimeout, ours: true, CancellationToken.None).ConfigureAwait(false);
                delivery.Confirm(provider.Index);
                return results;
            }
            catch (AttemptFailedException e)
            {
                failed.Add(e);
                return null;
            }
        }

        private Task<Task> FirstAsync(Task? hedge, Task? local)
        {
            if (_running is [var only] && only.Task.IsCompleted) return Task.FromResult<Task>(only.Task);
            var tasks = new List<Task>(_running.Count + 2);
            foreach (var (_, task) in _running) tasks.Add(task);
            if (hedge is not null) tasks.Add(hedge);
            if (local is not null) tasks.Add(local);
            return Task.WhenAny(tasks);
        }

        private TimeSpan LocallyAfter(Provider primary)
        {
            var usual = (primary.Writes.Percentile(0.99) ?? TimeSpan.Zero) * 3;
            return usual > LocalMax ? LocalMax : usual > path.Options.AcknowledgeLocallyAfter ? usual : path.Options.AcknowledgeLocallyAfter;
        }
    }

    private TimeProvider Time => time;

    private HedgeBudget Hedges => hedges;

    private FailoverOptions Options => options;

    private IReadOnlyList<ProviderPush> Pushes => pushes;
}
