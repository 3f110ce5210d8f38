using Holdfast.Providers.Configuration;
using Holdfast.Providers.Control;
using Holdfast.Providers.Probing;
using Holdfast.Stores.Postgres;
using Holdfast.Stores.Sqlite;

namespace Holdfast.Operations.Diagnosis;

/// <summary>Asks everybody at once: a diagnosis takes as long as the slowest provider.</summary>
internal sealed class FactGatherer(HoldfastConfiguration configuration, TimeProvider time)
{
    private readonly HoldfastOptions _options = configuration.Options;

    public async Task<DiagnosisFacts> GatherAsync(CancellationToken cancellationToken)
    {
        var warnings = configuration.Warnings.ToList();
        var errors = configuration.Errors.ToList();
        var probes = new List<Task<ProviderFacts>>();
        foreach (var provider in _options.Providers)
        {
            try
            {
                probes.Add(ProbeAsync(provider, cancellationToken));
            }
            catch (InvalidInputException e)
            {
                // The configuration's own check has told of it, unless the options were made by hand.
                if (!errors.Contains(e.Message)) errors.Add(e.Message);
            }
        }
        var local = LocalAsync(cancellationToken);
        var home = HoldfastHome.Resolve(_options.Home);
        var file = new ControlFile(home);
        var (control, damaged) = ReadControl(file);
        return new DiagnosisFacts(time.GetUtcNow(), _options.Failover, await Task.WhenAll(probes).ConfigureAwait(false), await local.ConfigureAwait(false), control, damaged, file.Path,
            new ProcessFiles(home).Read(time.GetUtcNow()), warnings, errors);
    }

    private Task<ProviderFacts> ProbeAsync(ProviderOptions provider, CancellationToken cancellationToken)
    {
        var settings = ProviderEndpoints.Work(provider);
        var ladder = new ProbeLadder(provider.Name, settings, _options.Schema, time);
        return RunAsync();

        async Task<ProviderFacts> RunAsync()
        {
            var facts = new ProviderFacts(provider.Name, settings.Host!, settings.Port, settings.Database, settings.SslMode, !TransportSecurity.HasRemoteHost(settings),
                await ladder.RunAsync(cancellationToken).ConfigureAwait(false), provider.RelayConnection is not null);
            return facts with { Relay = await RelayTrial.RunAsync(provider, _options.Schema, facts.Report, ProbeDeadlines.Default.Step, time, cancellationToken).ConfigureAwait(false) };
        }
    }

    private async Task<LocalFacts> LocalAsync(CancellationToken cancellationToken)
    {
        var path = _options.LocalFile ?? HoldfastHome.LocalFile(_options.Home);
        var free = FreeBytes(path);
        // To look must not make it.
        if (!File.Exists(path)) return new(path, false, 0, 0, null, free);
        try
        {
            var store = SqliteStore.Open(path, time);
            await using var _ = store.ConfigureAwait(false);
            var spool = new Spool(store, time);
            var load = await spool.LoadAsync(cancellationToken).ConfigureAwait(false);
            return new(path, true, await spool.SizeAsync(cancellationToken).ConfigureAwait(false), load.Rows, load.Oldest, free);
        }
        catch (HoldfastException e)
        {
            return new(path, true, null, null, null, free, e.Message);
        }
    }

    private static (ControlState? State, string? Error) ReadControl(ControlFile file)
    {
        try
        {
            return (file.Read(), null);
        }
        catch (HoldfastException e)
        {
            return (null, e.InnerException?.Message ?? e.Message);
        }
    }

    // Of the nearest folder that exists: the file's own may not have been made yet.
    private static long? FreeBytes(string path)
    {
        var folder = Path.GetDirectoryName(path);
        while (folder is not null && !Directory.Exists(folder)) folder = Path.GetDirectoryName(folder);
        try
        {
            return folder is null ? null : new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Unknown is not none.
            return null;
        }
    }
}
