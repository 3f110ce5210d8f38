using Holdfast.Providers.Configuration;
using Holdfast.Providers.Control;
using Holdfast.Providers.Failures;
using Holdfast.Providers.Probing;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Sqlite;

namespace Holdfast.Operations.Monitoring;

/// <summary>Asks all providers at once, and reads the spool, the control file and the running processes' states.</summary>
internal sealed class StatusGatherer(HoldfastOptions options, IReadOnlyList<ProviderOptions> servers)
{
    /// <summary>Numbers of rows are asked for one after the other and a writer may come between: only what still differs then does.</summary>
    private const int RecountsMax = 3;

    private static readonly TimeSpan RecountPause = TimeSpan.FromMilliseconds(300);

    private readonly string _home = HoldfastHome.Resolve(options.Home);

    public async Task<StatusReport> GatherAsync(bool withTables, CancellationToken cancellationToken)
    {
        var sights = await Task.WhenAll(servers.Select(server => new ProviderLook(server, options).LookAsync(withTables, cancellationToken))).ConfigureAwait(false);
        var report = await AssembleAsync(sights, cancellationToken).ConfigureAwait(false);
        for (var recount = 0; recount < RecountsMax && report.Tables.Any(table => table.Differs) && StatusJudge.IsSettled(report); recount++)
        {
            await Task.Delay(RecountPause, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            var counts = await Task.WhenAll(servers.Select((server, i) => sights[i].RelayProblem is null ? new ProviderLook(server, options).CountAsync(cancellationToken) : Task.FromResult(sights[i].Counts))).ConfigureAwait(false);
            report = await AssembleAsync([.. sights.Select((sight, i) => sight with { Counts = counts[i] })], cancellationToken).ConfigureAwait(false);
        }
        return report with { Verdict = StatusJudge.Judge(report) };
    }

    private async Task<StatusReport> AssembleAsync(ProviderSight[] sights, CancellationToken cancellationToken)
    {
        var now = options.TimeProvider.GetUtcNow();
        var control = new ControlFile(_home).Read();
        var processes = new ProcessFiles(_home).Read(now);
        var (spool, waiting) = await SpoolAsync(cancellationToken).ConfigureAwait(false);
        var states = sights.Select((sight, i) => StateOf(sight, control.Drained.Contains(servers[i].Name))).ToList();
        var leading = processes.FirstOrDefault();
        var preferred = control.Use ?? servers.FirstOrDefault(server => !control.Drained.Contains(server.Name))?.Name;
        var primary = leading is not null ? leading.Primary : states.Contains("healthy") ? servers[LeaderOf(states, control.Use)].Name : null;
        var providers = sights.Select((sight, i) => StatusOf(servers[i], sight, states[i], servers[i].Name == primary, waiting?[i], processes)).ToList();
        return new StatusReport(now, new StatusVerdict(StatusLevel.Well, "", ""), primary, leading?.PrimarySince, leading?.IsFailover ?? primary != preferred,
            control.FrozenSince, control == ControlState.None ? null : control.ChangedBy, control.Use, providers, spool, TablesOf(sights),
            [.. processes.Select(process => new ProcessStatus(process.ProcessId, process.Program, process.StartedAt, process.Primary, process.IsFailover, process.IsFrozen, process.Providers.Sum(provider => provider.RowsWaiting)))]);
    }

    private int LeaderOf(List<string> states, string? use)
    {
        for (var i = 0; i < servers.Count; i++)
            if (servers[i].Name == use && states[i] == "healthy") return i;
        return states.IndexOf("healthy");
    }

    private static string StateOf(ProviderSight sight, bool isDrained) => sight.Probe switch
    {
        _ when isDrained => "drained",
        { IsHealthy: true } => "healthy",
        { Failure.RefusesRowsOnly: true } => "refusing",
        _ => "down",
    };

    private ProviderStatus StatusOf(ProviderOptions server, ProviderSight sight, string state, bool leads, SpoolLoad? waiting, IReadOnlyList<ProcessState> processes)
    {
        var seen = processes.SelectMany(process => process.Providers).FirstOrDefault(provider => provider.Name == server.Name);
        var (probe, facts) = (sight.Probe, sight.Probe.Facts);
        var work = ProviderEndpoints.Work(server);
        return new ProviderStatus(server.Name, leads ? "primary" : "backup", state, ProviderLook.Answers(probe),
            probe.Failure is { } failure ? EnumText<FailureCause>.Of(failure.Cause) : null, probe.Failure?.Message, probe.Advice, seen?.Since, probe.Latency?.TotalMilliseconds,
            seen?.ReadP50Milliseconds, seen?.ReadP95Milliseconds, seen?.ReadP99Milliseconds, seen?.WriteP50Milliseconds, seen?.WriteP99Milliseconds,
            facts.CertificateDaysLeft, waiting?.Rows, waiting?.Oldest, seen?.RowsRefused, $"{work.Host}:{work.Port}/{work.Database} role {work.Username}", facts.ServerVersion, facts.SchemaVersion, facts.IsPooled,
            sight.Counts?.Values.Sum(count => count.Bytes ?? 0),
            [.. probe.Steps.Select(step => new StepStatus(EnumText<ProbeStep>.Of(step.Step), EnumText<ProbeState>.Of(step.State), step.Duration.TotalMilliseconds, step.Detail))])
        {
            RelayProblem = sight.RelayProblem
                ?? (facts.IsByTenant == true && server.RelayConnection is null && servers.Count > 1 ? $"row-level security shows its role one tenant at a time: set {SettingNames.Relay(server.Name)}" : null),
        };
    }

    private async Task<(SpoolStatus Spool, SpoolLoad[]? Waiting)> SpoolAsync(CancellationToken cancellationToken)
    {
        var file = options.LocalFile ?? HoldfastHome.LocalFile(options.Home);
        var bytesMax = options.Failover.SpoolBytesMax;
        // No file, no rows: asking must not make one.
        if (!File.Exists(file)) return (new SpoolStatus(0, null, 0, bytesMax, null), [.. servers.Select(_ => default(SpoolLoad))]);
        try
        {
            var store = SqliteStore.Open(file, options.TimeProvider);
            await using var _ = store.ConfigureAwait(false);
            var spool = new Spool(store, options.TimeProvider);
            var load = await spool.LoadAsync(cancellationToken).ConfigureAwait(false);
            var waiting = new SpoolLoad[servers.Count];
            for (var i = 0; i < servers.Count; i++) waiting[i] = await spool.LoadAsync(servers[i].Name, cancellationToken).ConfigureAwait(false);
            return (new SpoolStatus(load.Rows, load.Oldest, await spool.SizeAsync(cancellationToken).ConfigureAwait(false), bytesMax, null), waiting);
        }
        catch (HoldfastException e)
        {
            return (new SpoolStatus(null, null, null, bytesMax, e.Message), null);
        }
    }

    private List<TableStatus> TablesOf(ProviderSight[] sights)
    {
        if (sights.All(sight => sight.Counts is null)) return [];
        return [.. Tables.All.Where(table => table.IsMerged).Select(table =>
        {
            var rows = new Dictionary<string, long?>();
            var bytes = new Dictionary<string, long?>();
            for (var i = 0; i < servers.Count; i++)
            {
                var known = sights[i].Counts is { } counts && counts.TryGetValue(table.Name, out var count) ? count : ((long Rows, long? Bytes)?)null;
                (rows[servers[i].Name], bytes[servers[i].Name]) = (known?.Rows, known?.Bytes);
            }
            return new TableStatus(table.Name, rows, bytes, rows.Values.OfType<long>().Distinct().Count() > 1);
        })];
    }
}
