using Holdfast.Providers.Control;
using Holdfast.Providers.Probing;
using Holdfast.Stores.Sqlite;

namespace Holdfast.Providers;

/// <summary>What a provider set does beside calls: first contact, probes, the operator's decisions, the spool's size and age, its state.</summary>
internal sealed class ProviderUpkeep : IAsyncDisposable
{
    private static readonly TimeSpan ControlEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StateEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SpoolEvery = TimeSpan.FromSeconds(5);

    /// <summary>Rows that have waited this long are nobody's any more: their process has ended or lost sight of them.</summary>
    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromSeconds(10);

    private const int PruneRows = 1_000;

    private readonly ProviderAccess _set;
    private readonly ProviderSetSettings _settings;
    private readonly ControlFile _controlFile;
    private readonly ProcessFiles _processes;
    private readonly FailoverLog _failovers;
    private readonly Guid _id;
    private readonly DateTimeOffset _startedAt;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _running = [];
    private long _controlVersion = -1;

    public ProviderUpkeep(ProviderAccess set, ProviderSetSettings settings)
    {
        _set = set;
        _settings = settings;
        _id = settings.Clock.Next().Value;
        _startedAt = settings.Time.GetUtcNow();
        _controlFile = new ControlFile(settings.Home);
        _processes = new ProcessFiles(settings.Home);
        _failovers = new FailoverLog(settings.Clock, settings.TenantId, settings.Time, row => set.MergeAsync([row], CancellationToken.None),
            (provider, token) => provider.AttemptAsync(ProviderProbe.ReadAsync, null, settings.Options.AttemptTimeout, ours: true, token));
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await SpoolUpkeep.AdoptAsync(_set.Local, _settings.Time, cancellationToken).ConfigureAwait(false);
        await _set.Spool.MeasureAsync(cancellationToken).ConfigureAwait(false);
        ReadControl();
        await ContactAsync(cancellationToken).ConfigureAwait(false);
        _set.Router.Changed += (_, change) => Run(async token =>
        {
            await _failovers.AddAsync(change, token).ConfigureAwait(false);
            return false;
        });
        _set.Router.Changed += (_, change) =>
        {
            // Nobody leads: whoever sleeps is wanted now.
            if (change.To is not null) return;
            foreach (var provider in _set.Providers) provider.AskForProbe();
        };
        foreach (var provider in _set.Providers)
        {
            var ladder = new ProbeLadder(provider.Name, provider.Endpoint, _settings.Schema, _settings.Time, certificateHost: provider.CertificateHost);
            var probe = new ProviderProbe(provider, ladder, () => _set.Router.Route.Primary is { } primary && primary != provider, _settings);
            Run(async token =>
            {
                await probe.RunAsync(token).ConfigureAwait(false);
                return true;
            });
        }
        Every(ControlEvery, () => { ReadControl(); return Task.CompletedTask; });
        Every(_settings.Options.ProbeInterval, LearnControlAsync);
        Every(StateEvery, PublishAsync);
        Every(SpoolEvery, KeepSpoolAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        Task[] running;
        lock (_running) running = [.. _running];
        await Task.WhenAll(running).ConfigureAwait(false);
        _processes.Remove(_id);
        _stopping.Dispose();
    }

    /// <summary>All providers at once; as soon as the first in the order is there, or the patience is over, the memory opens.</summary>
    private async Task ContactAsync(CancellationToken cancellationToken)
    {
        var contacts = _set.Providers.Select(provider => ContactAsync(provider, cancellationToken)).ToList();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_settings.OpenPatience);
        foreach (var contact in contacts)
        {
            var won = await Task.WhenAny(contact, Task.Delay(Timeout.InfiniteTimeSpan, _settings.Time, patience.Token)).ConfigureAwait(false);
            if (won != contact || await contact.ConfigureAwait(false)) break;
        }
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task<bool> ContactAsync(Provider provider, CancellationToken cancellationToken)
    {
        try
        {
            return await provider.AttemptAsync(ProviderProbe.ReadAsync, null, _settings.Options.AttemptTimeout, ours: true, cancellationToken).ConfigureAwait(false);
        }
        catch (AttemptFailedException e)
        {
            // Known from the start: no call has to find it out again.
            await provider.FailProbeAsync(e.Failure).ConfigureAwait(false);
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void ReadControl()
    {
        var version = _controlFile.Version;
        if (version == _controlVersion) return;
        _set.Control = _controlFile.Read();
        // Not before: what could not be read is read again the next time.
        _controlVersion = version;
    }

    /// <summary>What was decided on another machine stands as a setting at the primary; the newer decision counts.</summary>
    private async Task LearnControlAsync()
    {
        if (_set.Router.Route.Primary is not { IsReadable: true } primary) return;
        try
        {
            var known = await primary.AskAsync(ControlSetting.ReadAsync, _settings.Options.AttemptTimeout, _stopping.Token).ConfigureAwait(false);
            if (ControlSetting.StateOf(known) is { } state && state.ChangedAt > _controlFile.Read().ChangedAt) _controlFile.Write(state);
        }
        catch (AttemptFailedException)
        {
            // The failure is the provider's state by now; the next turn asks whoever leads then.
        }
    }

    private Task PublishAsync()
    {
        _set.Router.Evaluate();
        _processes.Write(_id, ProcessStates.Of(_set, _startedAt));
        return Task.CompletedTask;
    }

    private async Task KeepSpoolAsync()
    {
        var (options, now, spool) = (_settings.Options, _settings.Time.GetUtcNow(), _set.Spool);
        await spool.MeasureAsync(_stopping.Token).ConfigureAwait(false);
        var before = spool.IsFull ? now : now - options.SpoolRetention;
        while (true)
        {
            var (removed, lacking) = await SpoolUpkeep.PruneAsync(_set.Local, before, [.. _set.Providers.Select(provider => provider.Name)], PruneRows, _stopping.Token).ConfigureAwait(false);
            foreach (var provider in _set.Providers.Where(provider => lacking.Contains(provider.Name))) provider.Lacks();
            if (removed < PruneRows) break;
        }
        if (spool.IsFull) await spool.MeasureAsync(_stopping.Token).ConfigureAwait(false);
        foreach (var provider in _set.Providers)
        {
            if ((await spool.Spool.WaitingAsync(provider.Name, now - AbandonedAfter, null, 1, _stopping.Token).ConfigureAwait(false)).Count > 0)
                _set.Pushes[provider.Index].Queue.RequestScan();
        }
    }

    private void Every(TimeSpan period, Func<Task> work) => Add(BackgroundLoop.EveryAsync(period, _ => work(), _set.UpkeepFailed, _settings.Time, _stopping.Token));

    private void Run(Func<CancellationToken, Task<bool>> turn) => Add(Task.Run(() => BackgroundLoop.RunAsync(turn, _set.UpkeepFailed, _settings.Time, _stopping.Token)));

    private void Add(Task running)
    {
        lock (_running)
        {
            _running.RemoveAll(task => task.IsCompletedSuccessfully);
            _running.Add(running);
        }
    }
}
