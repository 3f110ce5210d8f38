namespace Holdfast.Operations.Monitoring;

/// <summary>How a memory with providers is, asked at one moment. What could not be asked is null: unknown, not zero and not missing.</summary>
/// <param name="At">When.</param>
/// <param name="Verdict">What it comes to.</param>
/// <param name="Primary">Who leads; null: nobody, the local file alone takes writes.</param>
/// <param name="PrimarySince">Since when, as a running process tells.</param>
/// <param name="IsFailover">True when another than the preferred provider leads.</param>
/// <param name="FrozenSince">Since when all writes are stopped; null: they are not.</param>
/// <param name="ChangedBy">Who decided last about routes, drains or the freeze switch.</param>
/// <param name="Use">The provider that the operator wants to lead.</param>
/// <param name="Providers">All providers in their configured order.</param>
/// <param name="Spool">What waits on the local disk.</param>
/// <param name="Tables">Rows and bytes of every table at every provider that was asked for them.</param>
/// <param name="Processes">The running processes of this machine.</param>
internal sealed record StatusReport(
    DateTimeOffset At, StatusVerdict Verdict, string? Primary, DateTimeOffset? PrimarySince, bool IsFailover, DateTimeOffset? FrozenSince, string? ChangedBy, string? Use,
    IReadOnlyList<ProviderStatus> Providers, SpoolStatus Spool, IReadOnlyList<TableStatus> Tables, IReadOnlyList<ProcessStatus> Processes);

/// <summary>How a provider is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role">primary or backup.</param>
/// <param name="State">healthy, refusing (answers but does not take our rows), down or drained.</param>
/// <param name="Answers">True when it answers a query.</param>
/// <param name="Cause">Why it is not healthy.</param>
/// <param name="Message">What it said.</param>
/// <param name="Advice">What to do.</param>
/// <param name="Since">Since when, as a running process tells.</param>
/// <param name="LatencyMilliseconds">Round trip of a query just now.</param>
/// <param name="ReadP50Milliseconds">Reads of a running process: half took no longer.</param>
/// <param name="ReadP95Milliseconds">Reads of a running process: 95 % took no longer.</param>
/// <param name="ReadP99Milliseconds">Reads of a running process: 99 % took no longer.</param>
/// <param name="WriteP50Milliseconds">Writes of a running process: half took no longer.</param>
/// <param name="WriteP99Milliseconds">Writes of a running process: 99 % took no longer.</param>
/// <param name="TlsDays">Whole days until its certificate ends; null: no TLS, or unknown.</param>
/// <param name="RowsWaiting">Rows in this machine's spool that it lacks.</param>
/// <param name="OldestWaiting">When the oldest of them was written.</param>
/// <param name="RowsRefused">Rows that it refused when they were offered last.</param>
/// <param name="Endpoint">Where it is, without secrets.</param>
/// <param name="ServerVersion">Major version.</param>
/// <param name="SchemaVersion">The last migration that was applied.</param>
/// <param name="IsPooled">True when a pooler answers in its place.</param>
/// <param name="Bytes">All its tables with their indexes.</param>
/// <param name="Steps">The rungs of the probe.</param>
internal sealed record ProviderStatus(
    string Name, string Role, string State, bool Answers, string? Cause, string? Message, string? Advice, DateTimeOffset? Since, double? LatencyMilliseconds,
    double? ReadP50Milliseconds, double? ReadP95Milliseconds, double? ReadP99Milliseconds, double? WriteP50Milliseconds, double? WriteP99Milliseconds,
    int? TlsDays, long? RowsWaiting, DateTimeOffset? OldestWaiting, long? RowsRefused, string Endpoint, int? ServerVersion, string? SchemaVersion, bool? IsPooled, long? Bytes,
    IReadOnlyList<StepStatus> Steps)
{
    public bool IsHealthy => State == "healthy";

    /// <summary>Why nothing is brought over from or to it and nothing compared, although it answers; null: it is.</summary>
    public string? RelayProblem { get; init; }

    public bool IsDrained => State == "drained";
}

/// <summary>One rung of a probe.</summary>
internal sealed record StepStatus(string Step, string State, double Milliseconds, string Detail);

/// <summary>What waits on the local disk for providers.</summary>
/// <param name="Rows">Rows that too few providers hold; null: the local file does not answer.</param>
/// <param name="Oldest">When the oldest of them was written.</param>
/// <param name="Bytes">Bytes of the local file in use.</param>
/// <param name="BytesMax">The budget.</param>
/// <param name="Problem">Why the local file does not answer.</param>
internal sealed record SpoolStatus(long? Rows, DateTimeOffset? Oldest, long? Bytes, long BytesMax, string? Problem);

/// <summary>A table's rows and bytes, provider by provider; null: unknown.</summary>
/// <param name="Name">The table.</param>
/// <param name="Rows">Rows by provider.</param>
/// <param name="Bytes">Bytes with indexes by provider.</param>
/// <param name="Differs">True when providers that were asked have different numbers of rows.</param>
internal sealed record TableStatus(string Name, IReadOnlyDictionary<string, long?> Rows, IReadOnlyDictionary<string, long?> Bytes, bool Differs);

/// <summary>A running process.</summary>
internal sealed record ProcessStatus(int ProcessId, string Program, DateTimeOffset StartedAt, string? Primary, bool IsFailover, bool IsFrozen, int RowsWaiting);
