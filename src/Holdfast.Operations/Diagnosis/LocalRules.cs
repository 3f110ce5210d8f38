namespace Holdfast.Operations.Diagnosis;

/// <summary>The local file: rows that wait in it, its budget, and its disk.</summary>
internal static class LocalRules
{
    private const string Subject = "local";
    private const double NearShare = 0.8;
    private const long FreeBytesMin = 100L << 20;
    private const long FreeBytesEnough = 1L << 30;

    /// <summary>Rows that wait for less are on their way.</summary>
    private static readonly TimeSpan WaitingMax = TimeSpan.FromMinutes(1);

    public static IEnumerable<Finding> Find(Facts facts)
    {
        var local = facts.Local;
        if (local.Error is { } error)
            yield return new Finding(Severity.Critical, "local_file", Subject, $"The local file cannot be used: {error}", "Writes have no spool: with no provider they fail, and with one there is one copy less.", $"ls -l {local.Path}", "minutes");
        if (facts.Providers.Count > 0 && local is { Waiting: > 0 and var rows, OldestWaiting: { } oldest } && facts.Now - oldest > WaitingMax)
            yield return new Finding(facts.Now - oldest > TimeSpan.FromHours(1) ? Severity.Critical : Severity.Warning, "spool_waiting", Subject,
                $"{rows} rows wait in the local file, the oldest for {ControlRules.Age(facts.Now - oldest)}.",
                $"Fewer than {Math.Min(2, facts.Providers.Count)} providers hold them: until then this machine's disk {(facts.Providers.Count > 1 ? "and at most one provider are" : "is")} their only place.",
                "holdfast provider list", "by itself, as soon as providers take rows and a process has the memory open");
        if (local.Bytes is { } bytes && bytes >= NearShare * facts.Failover.SpoolBytesMax)
            yield return new Finding(bytes >= facts.Failover.SpoolBytesMax ? Severity.Critical : Severity.Warning, "spool_budget", Subject,
                FormattableString.Invariant($"The local file uses {bytes / 1e6:0} MB of its {facts.Failover.SpoolBytesMax / 1e6:0} MB."),
                "Above that it takes no rows: a write then needs a provider, and fails where none answers. Nothing is dropped.", "HOLDFAST_FAILOVER_SPOOL_BYTES_MAX", "a minute, and a restart");
        if (local.FreeBytes is { } free && free < FreeBytesEnough)
            yield return new Finding(free < FreeBytesMin ? Severity.Critical : Severity.Warning, "disk_space", Subject,
                FormattableString.Invariant($"The disk of {local.Path} has {free / 1e6:0} MB left."), "When it is full the local file takes no rows.", $"df -h {Path.GetDirectoryName(local.Path)}", "minutes");
    }
}
