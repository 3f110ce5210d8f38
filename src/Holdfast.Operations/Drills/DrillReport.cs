namespace Holdfast.Operations.Drills;

/// <summary>What a drill does to a provider.</summary>
/// <param name="Provider">Which; null: the one that leads.</param>
/// <param name="Fault">How it is cut off.</param>
/// <param name="CutFor">For how long.</param>
internal sealed record DrillPlan(string? Provider, DrillFault Fault, TimeSpan CutFor)
{
    /// <summary>Time between two writes of the drill.</summary>
    public TimeSpan WriteEvery { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How long the provider may take to lead again and all providers to hold all rows.</summary>
    public TimeSpan RecoveryMax { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>How a drill cuts a provider off, in an operator's words.</summary>
internal enum DrillFault
{
    /// <summary>Connections are reset and new ones refused: its process has died.</summary>
    Refuse,
    /// <summary>Connections stay and new ones open, but nothing is answered: a firewall, or a cable that was pulled.</summary>
    Blackhole,
    /// <summary>Requests arrive and are carried out, answers never come: what a server does that stops in the middle.</summary>
    Freeze,
}

/// <summary>What a drill measured. Times are milliseconds; null: it did not come to that.</summary>
/// <param name="Provider">Who was cut off.</param>
/// <param name="Fault">How.</param>
/// <param name="WasPrimary">True when it led.</param>
/// <param name="CutMilliseconds">For how long.</param>
/// <param name="NoticedMilliseconds">From the cut until others were asked in its place.</param>
/// <param name="CarriedMilliseconds">From the cut until the first write that was acknowledged without it.</param>
/// <param name="CarriedBy">By whom; <c>local</c>: the local file alone.</param>
/// <param name="DetectionMilliseconds">From the cut until the route was changed (of a backup: until it was known to be down); null: the cut was over before.</param>
/// <param name="SwitchMilliseconds">From then until the first write that the new primary acknowledged; null also where there was none.</param>
/// <param name="SwitchedTo">Who led meanwhile; <c>local</c>: the local file alone; null: the route was not changed.</param>
/// <param name="LongestGapMilliseconds">The longest time between two acknowledged writes.</param>
/// <param name="RecoveryMilliseconds">From the end of the cut until it took rows again.</param>
/// <param name="FailbackMilliseconds">From the end of the cut until it led again.</param>
/// <param name="Acknowledged">Writes that were acknowledged.</param>
/// <param name="AcknowledgedLocally">Of them, those that the local file alone had at that moment.</param>
/// <param name="Failed">Writes that were answered by an error.</param>
/// <param name="Counts">What every provider holds in the end.</param>
/// <param name="Notes">What one should know of how it was measured.</param>
internal sealed record DrillReport(
    string Provider, DrillFault Fault, bool WasPrimary, double CutMilliseconds, double? NoticedMilliseconds, double? CarriedMilliseconds, string? CarriedBy, double? DetectionMilliseconds, double? SwitchMilliseconds,
    string? SwitchedTo, double LongestGapMilliseconds, double? RecoveryMilliseconds, double? FailbackMilliseconds,
    int Acknowledged, int AcknowledgedLocally, int Failed, IReadOnlyList<DrillCount> Counts, IReadOnlyList<string> Notes)
{
    /// <summary>Acknowledged rows that a provider lacks, summed over the providers that could be counted.</summary>
    public int Lost => Counts.Sum(count => count.Lost ?? 0);

    /// <summary>Rows that a provider holds more than once.</summary>
    public int Doubled => Counts.Sum(count => count.Doubled ?? 0);

    /// <summary>What is not as promised, in words; null: all of it is.</summary>
    public string? Problem => this switch
    {
        { Acknowledged: 0 } => "no write was acknowledged",
        { Failed: > 0 } => $"{Failed} writes failed",
        { Lost: > 0 } => $"{Lost} acknowledged rows are missing",
        { Doubled: > 0 } => $"{Doubled} rows are there twice",
        { RecoveryMilliseconds: null } => $"{Provider} did not take rows again",
        { WasPrimary: true, FailbackMilliseconds: null } => $"{Provider} did not lead again",
        _ when Counts.FirstOrDefault(count => count.Error is not null) is { } unknown => $"{unknown.Provider} could not be counted: {unknown.Error}",
        _ => null,
    };
}

/// <summary>What a provider holds of a drill's rows.</summary>
/// <param name="Provider">Which.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Lost">Acknowledged rows that are not there.</param>
/// <param name="Doubled">Rows beyond one for each write.</param>
/// <param name="Error">Why it could not be counted; then the others are null.</param>
internal sealed record DrillCount(string Provider, int? Rows, int? Lost, int? Doubled, string? Error = null);
