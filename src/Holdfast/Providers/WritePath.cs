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
    /// <param name="rows">The batch.</param>
    /// <param name="atOnce">How many providers are asked at the same time: as many as its callers want to hold it.</param>
    public async Task<MergeResult[]> WriteAsync(IReadOnlyList<Row> rows, int atOnce)
    {
        var delivery = new Delivery(rows, names, confirmed);
        var failed = new AttemptList();
        var race = new Race<MergeResult[]>(time);
        hedges.Count();
        var order = Candidates();
        for (var i = 0; i < Math.Min(atOnce, order.Count); i++) Start(race, order[i], delivery, failed);
        var spooling = SpoolAsync(delivery, failed);
        var won = await FirstAsync(race, order, atOnce, delivery, failed).ConfigureAwait(false);
        var spooled = await spooling.ConfigureAwait(false);
        // Neither: the attempts that still run are the last hope, and then the caller must know.
        if (won is null && spooled is null) won = await LastAsync(race).ConfigureAwait(false);
        var results = won ?? spooled ?? throw (failed.First is RowRefusedException refused ? refused : failed.SpoolFull ?? (Exception)failed.ToException("No provider and not the local file took the rows."));
        for (var i = 0; i < results.Length; i++) results[i] = results[i] with { Delivery = delivery };
        // Only what was acknowledged goes on to the others: what was refused must not turn up later.
        HandOver(race, delivery);
        return results;
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
        order.RemoveAll(provider => provider.Health.IsSuspect && provider.Running >= SwallowedMax);
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

    /// <summary>The first provider's answer, the next one asked when one fails or is slow; null when none answers in time.</summary>
    private async Task<MergeResult[]?> FirstAsync(Race<MergeResult[]> race, List<Provider> order, int next, Delivery delivery, AttemptList failed)
    {
        if (order.Count == 0) return null;
        var askedAtOnce = Math.Min(next, order.Count);
        var (started, locallyAfter) = (time.GetTimestamp(), LocallyAfter(order[0]));
        while (true)
        {
            var left = locallyAfter - time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                race.SuspectRunning();
                return null;
            }
            var slowest = race.Latest;
            var mayHedge = next < order.Count && hedges.MayHedge(slowest);
            var hedgeAfter = hedges.Delay(slowest, slowest.Writes);
            var (ended, answer) = await race.NextAsync(mayHedge && hedgeAfter < left ? hedgeAfter : left).ConfigureAwait(false);
            if (answer is not null)
            {
                // Of those that were asked together one is always the first.
                if (next > askedAtOnce) race.SuspectRunning();
                return answer;
            }
            if (!ended && mayHedge) hedges.Spend(slowest);
            // One that failed has left its place to the next.
            if (!ended && !mayHedge) continue;
            if (next >= order.Count)
            {
                if (race.Running.Count == 0) return null;
                continue;
            }
            Start(race, order[next++], delivery, failed);
        }
    }

    private async Task<MergeResult[]?> LastAsync(Race<MergeResult[]> race)
    {
        var started = time.GetTimestamp();
        while (race.Running.Count > 0 && options.CallTimeout - time.GetElapsedTime(started) is var left && left > TimeSpan.Zero)
            if (await race.NextAsync(left).ConfigureAwait(false) is (true, { } answer)) return answer;
        return null;
    }

    /// <summary>What still runs is followed to its end, and who was not asked gets the rows from the push.</summary>
    private void HandOver(Race<MergeResult[]> race, Delivery delivery)
    {
        foreach (var (provider, attempt) in race.Running)
            _ = pushes[provider.Index].Queue.FollowAsync(HeldAsync(attempt), delivery);
        for (var i = 0; i < pushes.Count; i++)
            if (!race.Running.Any(attempt => attempt.Provider.Index == i)) pushes[i].Queue.Add(delivery);

        static async Task<bool> HeldAsync(Task<MergeResult[]?> attempt) => await attempt.ConfigureAwait(false) is not null;
    }

    private void Start(Race<MergeResult[]> race, Provider provider, Delivery delivery, AttemptList failed) => race.Start(provider, AttemptAsync(provider, delivery, failed));

    private async Task<MergeResult[]?> AttemptAsync(Provider provider, Delivery delivery, AttemptList failed)
    {
        try
        {
            var results = await provider.AttemptAsync((store, token) => store.MergeAsync(delivery.Rows, token), provider.Writes, options.AttemptTimeout, ours: true, CancellationToken.None).ConfigureAwait(false);
            delivery.Confirm(provider.Index);
            return results;
        }
        catch (AttemptFailedException e)
        {
            failed.Add(e);
            return null;
        }
    }

    private TimeSpan LocallyAfter(Provider primary)
    {
        var usual = (primary.Writes.Percentile(0.99) ?? TimeSpan.Zero) * 3;
        return usual > LocalMax ? LocalMax : usual > options.AcknowledgeLocallyAfter ? usual : options.AcknowledgeLocallyAfter;
    }
}
