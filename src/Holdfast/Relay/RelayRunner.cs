using Holdfast.Providers;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;

namespace Holdfast.Relay;

/// <summary>
/// Keeps the providers equal from within a process: pulls in every direction, one process a direction, often while something
/// is written and seldom while nothing is, and tells the set which provider lacks rows.
/// </summary>
internal sealed class RelayRunner(ProviderAccess set) : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PeriodMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PeriodMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);

    /// <summary>What is younger may be on its way from its writer.</summary>
    private static readonly TimeSpan RecentMax = TimeSpan.FromSeconds(10);

    private const int PassesMax = 5;
    private const int PausesPerMerge = 3;
    private const int AssessedEntries = 500;

    private readonly TimeProvider _time = set.Settings.Time;
    private readonly Guid _holder = set.Settings.Clock.Next().Value;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _running = [];
    private readonly SemaphoreSlim[] _turns = [.. set.Providers.Select(_ => new SemaphoreSlim(1, 1))];

    public IReadOnlyList<RelayLink> Links { get; private set; } = [];

    /// <summary>Finds out which providers lack rows, so that none of them leads, and starts to bring them.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Links = [.. from receiver in set.Providers from source in set.Providers where source != receiver select Link(source, receiver)];
        await AssessAsync(cancellationToken).ConfigureAwait(false);
        foreach (var provider in set.Providers) EveryTick(new HolderCheck(set, provider).RunAsync);
        foreach (var link in Links)
        {
            // Programs that end at once need not begin, unless somebody waits for it.
            link.NextAt = link.Receiver.IsLacking ? _time.GetUtcNow() : _time.GetUtcNow() + PeriodMin * (0.5 + Random.Shared.NextDouble() / 2);
            var written = 0L;
            EveryTick(async token =>
            {
                if (link.CanRun && link.Receiver.Health.UsableSince is { } since && since != link.AssessedFor) await ReturnedAsync(link, since, token).ConfigureAwait(false);
                if (written != set.WriteCount && link.Period > PeriodMin) Schedule(link, PeriodMin);
                written = set.WriteCount;
                if (link.CanRun && link.NextAt <= _time.GetUtcNow() && set.Control.FrozenSince is null) await RoundAsync(link, token).ConfigureAwait(false);
            });
        }
    }

    /// <summary>Brings everything over now, without waiting for a turn or a lease; the rows that came.</summary>
    /// <exception cref="AttemptFailedException">A provider does not answer.</exception>
    /// <exception cref="WritesFrozenException">An operator has stopped all writes.</exception>
    public async Task<long> PullAllAsync(CancellationToken cancellationToken)
    {
        set.CheckFrozen();
        var rows = 0L;
        // What one gets is news to the others. While others write there is always some: a few passes are enough then.
        for (var (pass, brought) = (0, 1L); brought > 0 && pass < PassesMax; pass++)
        {
            brought = 0;
            foreach (var link in Links.Where(link => link.CanRun)) brought += await PullAsync(link, cancellationToken).ConfigureAwait(false);
            rows += brought;
        }
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running).ConfigureAwait(false);
        _stopping.Dispose();
        foreach (var turn in _turns) turn.Dispose();
    }

    private RelayLink Link(Provider source, Provider receiver) =>
        new(source, receiver, new RelayPull(source, receiver, set.Settings.Options.CallTimeout, _time, (took, token) => GiveWayAsync(receiver, took, token))) { Period = PeriodMin };

    private void EveryTick(Func<CancellationToken, Task> work) => _running.Add(BackgroundLoop.EveryAsync(Tick, work, set.UpkeepFailed, _time, _stopping.Token));

    private async Task RoundAsync(RelayLink link, CancellationToken cancellationToken)
    {
        try
        {
            var isMine = set.Settings.Options.Relay && await AtReceiverAsync(link, (receiver, token) => receiver.TakeLeaseAsync(_holder, set.Settings.RelayLeaseFor, token), cancellationToken).ConfigureAwait(false);
            if (!isMine && (!link.Receiver.IsLacking || await IsPendingAsync(link, cancellationToken).ConfigureAwait(false)))
            {
                // Another process is at it; what it has come to stands at the receiver.
                Schedule(link, PeriodMin);
                return;
            }
            var rows = await PullAsync(link, cancellationToken).ConfigureAwait(false);
            var isIdle = rows == 0 && link.IsPending == false;
            Schedule(link, !isIdle ? PeriodMin : link.Receiver.Suspends || link.Source.Suspends ? set.Settings.Options.ProbeIntervalAsleep : TimeSpan.FromTicks(Math.Min(link.Period.Ticks * 2, PeriodMax.Ticks)));
        }
        catch (AttemptFailedException e)
        {
            link.LastError = e.Message;
            Schedule(link, TimeSpan.FromTicks(Math.Min(link.Period.Ticks * 2, PeriodMax.Ticks)));
        }
    }

    /// <summary>One direction to a receiver at a time: two would fetch the same rows, and each take the other for traffic to give way to.</summary>
    private async Task<long> PullAsync(RelayLink link, CancellationToken cancellationToken)
    {
        var turn = _turns[link.Receiver.Index];
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await PullNowAsync(link, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<long> PullNowAsync(RelayLink link, CancellationToken cancellationToken)
    {
        var started = _time.GetUtcNow();
        var round = await link.Pull.RunAsync(cancellationToken).ConfigureAwait(false);
        link.Rows += round.Rows;
        link.IsPending = round.IsPending;
        link.LastError = round.Errors.Count > 0 ? string.Join(" ", round.Errors) : null;
        if (!round.IsPending) link.CaughtUpAt = started;
        // The source has lost what others had read there: it may have lost what it confirmed to this process as well.
        if (round.LostAnchor) await set.ForgetHeldAsync(link.Source, cancellationToken).ConfigureAwait(false);
        Judge(link.Receiver);
        await AtReceiverAsync(link, async (receiver, token) =>
        {
            await receiver.ReportAsync(round.Rows, round.HeldBackBy, link.LastError, token).ConfigureAwait(false);
            return true;
        }, cancellationToken).ConfigureAwait(false);
        return round.Rows;
    }

    /// <summary>A provider lacks nothing any more when all that the others have was looked through after it was found lacking. Of those that are away nobody knows.</summary>
    private void Judge(Provider provider)
    {
        if (provider.LackingSince is not { } since) return;
        if (Links.Where(link => link.Receiver == provider && link.CanRun).All(link => link is { IsPending: false, CaughtUpAt: { } at } && at >= since)) provider.LacksNothing();
    }

    /// <summary>A provider that comes into use may have been away for long: before it leads, it is looked at.</summary>
    private async Task ReturnedAsync(RelayLink link, DateTimeOffset since, CancellationToken cancellationToken)
    {
        try
        {
            if (await LacksAsync(link, cancellationToken).ConfigureAwait(false)) link.Receiver.Lacks();
            link.AssessedFor = since;
            if (link.Receiver.IsLacking) Schedule(link, PeriodMin, at: _time.GetUtcNow());
        }
        catch (AttemptFailedException e)
        {
            // It has gone again, or the source has; the next turn looks anew.
            link.LastError = e.Message;
        }
    }

    private async Task AssessAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(Links.Where(link => link.CanRun).GroupBy(link => link.Receiver).Select(async links =>
        {
            foreach (var link in links)
            {
                try
                {
                    var since = link.Receiver.Health.UsableSince;
                    var lacks = await LacksAsync(link, cancellationToken).ConfigureAwait(false);
                    link.AssessedFor = since;
                    if (!lacks) continue;
                    link.Receiver.Lacks();
                    return;
                }
                catch (AttemptFailedException e)
                {
                    // Its state tells by now; the rounds go on asking.
                    link.LastError = e.Message;
                }
            }
        })).ConfigureAwait(false);
    }

    /// <summary>
    /// True where a provider was not brought all that another has: its copy was not finished, or it lacks a row that has been at
    /// the source for a while and that it has not looked at. What it has looked at it has.
    /// </summary>
    private async Task<bool> LacksAsync(RelayLink link, CancellationToken cancellationToken)
    {
        var cursors = await AtReceiverAsync(link, (receiver, token) => receiver.ReadCursorsAsync(token), cancellationToken).ConfigureAwait(false);
        if (cursors.Values.Any(cursor => cursor.RepairPending)) return true;
        // Where no relay has ever been, nothing is on its way.
        var recently = cursors.Count == 0 ? DateTimeOffset.MaxValue : _time.GetUtcNow() - RecentMax;
        foreach (var cursor in (await AtSourceAsync(link, (source, token) => RelaySource.LookAsync(source, cursors, token), cancellationToken).ConfigureAwait(false)).Where(table => table.HasNews).Select(table => table.Cursor))
        {
            var page = await AtSourceAsync(link, (source, token) => source.ReadFeedAsync(cursor.Table, cursor.Position, AssessedEntries, token), cancellationToken).ConfigureAwait(false);
            var missing = await AtReceiverAsync(link, (receiver, token) => receiver.Store.FindMissingAsync(cursor.Table, [.. page.Select(entry => entry.Reference)], token), cancellationToken).ConfigureAwait(false);
            if (missing.Any(row => row.Stamp.Millisecond < recently.ToUnixTimeMilliseconds())) return true;
        }
        return false;
    }

    private async Task<bool> IsPendingAsync(RelayLink link, CancellationToken cancellationToken) =>
        await AtReceiverAsync(link, (receiver, token) => receiver.ReadCursorsAsync(token), cancellationToken).ConfigureAwait(false) is { Count: var count } cursors
        && (count == 0 || cursors.Values.Any(cursor => cursor.RepairPending));

    /// <summary>While others are at work at the receiver, a relay takes a quarter of the time at most.</summary>
    private async Task<bool> GiveWayAsync(Provider receiver, TimeSpan took, CancellationToken cancellationToken)
    {
        var others = await receiver.AskAsync(async (store, token) => await store.QueryAsync(RelayStatements.OthersAtWork, [], row => row.Integer(0), token).FirstAsync(token).ConfigureAwait(false),
            set.Settings.Options.AttemptTimeout, cancellationToken, ours: false).ConfigureAwait(false);
        if (others == 0) return false;
        var pause = took * PausesPerMerge;
        await Task.Delay(pause < PauseMax ? pause : PauseMax, _time, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private void Schedule(RelayLink link, TimeSpan period, DateTimeOffset? at = null) => (link.Period, link.NextAt) = (period, at ?? _time.GetUtcNow() + period);

    private Task<T> AtSourceAsync<T>(RelayLink link, Func<PostgresStore, CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        link.Source.AskOfAllAsync(work, set.Settings.Options.AttemptTimeout, cancellationToken);

    private Task<T> AtReceiverAsync<T>(RelayLink link, Func<RelayReceiver, CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        link.Receiver.AskOfAllAsync((store, token) => work(new RelayReceiver(store, link.Source.Name), token), set.Settings.Options.AttemptTimeout, cancellationToken);
}
