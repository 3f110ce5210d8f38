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

    private const int PausesPerMerge = 3;

    private readonly TimeProvider _time = set.Settings.Time;
    private readonly Guid _holder = set.Settings.Clock.Next().Value;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _running = [];

    public IReadOnlyList<RelayLink> Links { get; private set; } = [];

    /// <summary>Finds out which providers lack rows, so that none of them leads, and starts to bring them.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Links = [.. from receiver in set.Providers from source in set.Providers where source != receiver select Link(source, receiver)];
        await AssessAsync(cancellationToken).ConfigureAwait(false);
        foreach (var provider in set.Providers) _running.Add(Task.Run(() => EveryTickAsync(new HolderCheck(set, provider).RunAsync), CancellationToken.None));
        foreach (var link in Links)
        {
            // Programs that end at once need not begin, unless somebody waits for it.
            link.NextAt = link.Receiver.IsLacking ? _time.GetUtcNow() : _time.GetUtcNow() + PeriodMin * (0.5 + Random.Shared.NextDouble() / 2);
            var written = 0L;
            _running.Add(Task.Run(() => EveryTickAsync(async token =>
            {
                if (written != set.WriteCount && link.Period > PeriodMin) Schedule(link, PeriodMin);
                written = set.WriteCount;
                if (link.CanRun && link.NextAt <= _time.GetUtcNow() && set.Control.FrozenSince is null) await RoundAsync(link, token).ConfigureAwait(false);
            }), CancellationToken.None));
        }
    }

    /// <summary>Brings everything over now, without waiting for a turn or a lease; the rows that came.</summary>
    /// <exception cref="AttemptFailedException">A provider does not answer.</exception>
    /// <exception cref="WritesFrozenException">An operator has stopped all writes.</exception>
    public async Task<long> PullAllAsync(CancellationToken cancellationToken)
    {
        set.CheckFrozen();
        var rows = 0L;
        foreach (var link in Links.Where(link => link.CanRun)) rows += await PullAsync(link, cancellationToken).ConfigureAwait(false);
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private RelayLink Link(Provider source, Provider receiver) =>
        new(source, receiver, new RelayPull(source, receiver, set.Settings.Options.CallTimeout, _time, (took, token) => GiveWayAsync(receiver, took, token))) { Period = PeriodMin };

    private async Task EveryTickAsync(Func<CancellationToken, Task> work)
    {
        using var timer = new PeriodicTimer(Tick, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                try
                {
                    await work(_stopping.Token).ConfigureAwait(false);
                }
                catch (HoldfastException e)
                {
                    set.LastUpkeepError = e;
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Closing.
        }
    }

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

    private async Task<long> PullAsync(RelayLink link, CancellationToken cancellationToken)
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

    private async Task AssessAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(Links.Where(link => link.CanRun).GroupBy(link => link.Receiver).Select(async links =>
        {
            foreach (var link in links)
            {
                try
                {
                    if (!await LacksAsync(link, cancellationToken).ConfigureAwait(false)) continue;
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

    /// <summary>True where a provider was never brought what another has, or not all of it.</summary>
    private async Task<bool> LacksAsync(RelayLink link, CancellationToken cancellationToken)
    {
        var cursors = await AtReceiverAsync(link, (receiver, token) => receiver.ReadCursorsAsync(token), cancellationToken).ConfigureAwait(false);
        if (cursors.Count > 0) return cursors.Values.Any(cursor => cursor.RepairPending);
        return (await link.Source.AskAsync((source, token) => RelaySource.LookAsync(source, cursors, token), set.Settings.Options.AttemptTimeout, cancellationToken, ours: false).ConfigureAwait(false))
            .Any(table => table.HasNews);
    }

    private async Task<bool> IsPendingAsync(RelayLink link, CancellationToken cancellationToken) =>
        (await AtReceiverAsync(link, (receiver, token) => receiver.ReadCursorsAsync(token), cancellationToken).ConfigureAwait(false)).Values.Any(cursor => cursor.RepairPending);

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

    private void Schedule(RelayLink link, TimeSpan period) => (link.Period, link.NextAt) = (period, _time.GetUtcNow() + period);

    private Task<T> AtReceiverAsync<T>(RelayLink link, Func<RelayReceiver, CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        link.Receiver.AskAsync((store, token) => work(new RelayReceiver(store, link.Source.Name), token), set.Settings.Options.AttemptTimeout, cancellationToken, ours: false);
}
