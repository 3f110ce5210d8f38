namespace Holdfast.Operations.Diagnosis;

/// <summary>What somebody has decided and may have forgotten, and where processes ended up.</summary>
internal static class ControlRules
{
    private static readonly TimeSpan DrainedLong = TimeSpan.FromDays(1);

    public static IEnumerable<Finding> Find(DiagnosisFacts facts)
    {
        if (facts.ControlError is { } error)
            yield return new Finding(Severity.Critical, "control_damaged", "all", $"The control file is damaged: {error}",
                "No process sees a new freeze, drain or chosen primary; a new process does not know of those in force.", $"rm {facts.ControlPath}", "seconds");
        if (facts.Control is { FrozenSince: { } since } frozen)
            yield return new Finding(Severity.Critical, "frozen", "all", $"All writes are frozen since {since:u} by {frozen.ChangedBy} ({Age(facts.Now - since)}).",
                "Every write of every process is refused, so agents remember nothing.", "holdfast freeze off", "seconds");
        foreach (var name in facts.Control?.Drained ?? [])
            yield return new Finding(facts.Now - facts.Control!.ChangedAt > DrainedLong ? Severity.Warning : Severity.Notice, "drained", name,
                $"{name} is drained (last change by {facts.Control.ChangedBy}, {Age(facts.Now - facts.Control.ChangedAt)} ago).", "It gets no rows: there is one copy less, and what it lacks grows.", $"holdfast provider enable {name}", "seconds; then it is caught up");
        foreach (var finding in Routes(facts)) yield return finding;
        foreach (var process in facts.Processes.Where(process => process.UpkeepError is not null))
            yield return new Finding(Severity.Warning, "upkeep", $"{process.Program} {process.ProcessId}", $"Work in the background failed within the last minutes: {process.UpkeepError}",
                "Probes, the spool, the relay and the operator's decisions run there; the calls themselves go on.", "holdfast config check", "minutes");
        foreach (var name in facts.Processes.SelectMany(process => process.Providers).Where(provider => provider.IsLacking).Select(provider => provider.Name).Distinct())
            yield return new Finding(Severity.Warning, "lacking", name, $"{name} lacks rows that other providers have: it was away for longer than the spool keeps them, was restored, or is new.",
                "It does not lead until they have been brought over; the others carry reads and writes.", "holdfast relay status", "by itself: some 10,000 rows a second");
    }

    private static IEnumerable<Finding> Routes(DiagnosisFacts facts)
    {
        var leaders = facts.Processes.GroupBy(process => process.Primary ?? "the local file").ToList();
        if (leaders.Count > 1)
            yield return new Finding(Severity.Warning, "split_route", "all", $"Processes disagree on who leads: {string.Join("; ", leaders.Select(group => $"{group.Key}: {Who(group)}"))}.",
                "Nothing forks and nothing is lost, but a process may read what another wrote a moment later.", $"holdfast provider use {facts.Providers.FirstOrDefault(provider => provider.Report.IsHealthy)?.Name ?? "NAME"}", "seconds, once all can reach it");
        var diverted = facts.Processes.Where(process => process.IsFailover).ToList();
        if (diverted.Count == 0) yield break;
        var away = diverted[0].Providers.FirstOrDefault(provider => provider.Cause is not null && provider.State is not ("healthy" or "unknown"));
        yield return new Finding(Severity.Warning, "failover_in_force", diverted[0].Primary ?? "local",
            $"{diverted[0].Primary ?? "The local file alone"} leads since {diverted.Min(process => process.PrimarySince):u} in place of the preferred provider{(away is null ? "" : $" ({away.Name}: {away.Cause})")}.",
            "It works; it goes back by itself when the preferred one has been caught up and well for a while.", away is null ? "holdfast provider list" : $"holdfast provider test {away.Name}", "by itself");
    }

    private static string Who(IEnumerable<Providers.Control.ProcessState> processes) => string.Join(", ", processes.Select(process => $"{process.Program} {process.ProcessId}"));

    internal static string Age(TimeSpan age) => age switch
    {
        { TotalMinutes: < 2 } => $"{(int)age.TotalSeconds} s",
        { TotalHours: < 2 } => $"{(int)age.TotalMinutes} min",
        { TotalDays: < 2 } => $"{(int)age.TotalHours} h",
        _ => $"{(int)age.TotalDays} days",
    };
}
