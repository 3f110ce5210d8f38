namespace Holdfast.Providers.Control;

/// <summary>What a running process says about itself, for <c>status</c> of another.</summary>
internal sealed record ProcessState(
    int ProcessId, string Program, DateTimeOffset StartedAt, DateTimeOffset UpdatedAt, string? Primary, DateTimeOffset PrimarySince, bool IsFailover,
    bool IsFrozen, long SpoolBytes, IReadOnlyList<ProviderState> Providers, string? UpkeepError = null);

/// <summary>How a process sees a provider.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">healthy, suspect, refusing, down, drained or unknown.</param>
/// <param name="Cause">Why it is not healthy.</param>
/// <param name="Message">What it said.</param>
/// <param name="ReadP50Milliseconds">Reads: half took no longer.</param>
/// <param name="ReadP95Milliseconds">Reads: 95 % took no longer.</param>
/// <param name="ReadP99Milliseconds">Reads: 99 % took no longer.</param>
/// <param name="WriteP50Milliseconds">Writes: half took no longer.</param>
/// <param name="WriteP99Milliseconds">Writes: 99 % took no longer.</param>
/// <param name="RowsWaiting">This process's rows that wait for it in memory.</param>
/// <param name="RowsRefused">Rows that it refused when they were offered last.</param>
/// <param name="Running">Attempts that are running.</param>
/// <param name="IsLacking">It lacks rows that only another provider has; it does not lead until a relay has brought them.</param>
/// <param name="Since">Since when it is as it is: the failing's begin, or the first success after one; null: unknown.</param>
internal sealed record ProviderState(
    string Name, string State, string? Cause, string? Message, double? ReadP50Milliseconds, double? ReadP95Milliseconds, double? ReadP99Milliseconds,
    double? WriteP50Milliseconds, double? WriteP99Milliseconds, int RowsWaiting, long RowsRefused, int Running,
    DateTimeOffset? Since = null, bool IsLacking = false);
