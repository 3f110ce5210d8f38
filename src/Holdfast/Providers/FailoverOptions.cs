namespace Holdfast;

/// <summary>How the primary is chosen.</summary>
public enum ProviderRouting
{
    /// <summary>The first writable provider in the configured order.</summary>
    Ordered,
    /// <summary>The writable provider with the lowest measured latency; another must be clearly nearer for a while to take over.</summary>
    Nearest,
}

/// <summary>How several providers act as one memory. The defaults work; each bound has its reason in <c>docs/failover.md</c>.</summary>
public sealed class FailoverOptions
{
    /// <summary>False: only the first provider is used, and its failure is the caller's.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>How the primary is chosen.</summary>
    public ProviderRouting Routing { get; set; } = ProviderRouting.Ordered;

    /// <summary>What writes wait for unless they say otherwise.</summary>
    public WriteConcern WriteConcern { get; set; } = WriteConcern.Available;

    /// <summary>A write or read that the primary has not answered goes to the next provider too, after the primary's p99 but not before this.</summary>
    public TimeSpan HedgeDelayMin { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>… and not after this.</summary>
    public TimeSpan HedgeDelayMax { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>At most this share of calls is hedged while the primary is not suspect.</summary>
    public double HedgeShareMax { get; set; } = 0.05;

    /// <summary>A write that no provider has answered is acknowledged by the spool alone after this (or three times the primary's p99, at most 2 s).</summary>
    public TimeSpan AcknowledgeLocallyAfter { get; set; } = TimeSpan.FromMilliseconds(300);

    /// <summary>How long one attempt at one provider may take.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a call may take in all, over all attempts.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How often a provider in use is probed, give or take a fifth.</summary>
    public TimeSpan ProbeInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a sleeping backup is probed: each probe wakes it, and waking costs money.</summary>
    public TimeSpan ProbeIntervalAsleep { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a provider that refused our password is left alone: some ban the address after two tries.</summary>
    public TimeSpan ProbePauseAfterRefusedPassword { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>A provider that came back becomes primary again when it has been caught up and healthy for this long.</summary>
    public TimeSpan FailbackAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes that the local file may take; beyond, a write needs a provider, and where none answers it is refused. Nothing is dropped.</summary>
    public long SpoolBytesMax { get; set; } = 1L << 30;

    /// <summary>How long rows that enough providers hold stay in the local file: for reads in a total outage, and for providers that are away.</summary>
    public TimeSpan SpoolRetention { get; set; } = TimeSpan.FromDays(1);

    /// <summary>True: this process also brings the providers what other processes left behind. False: it only passes on what it writes itself, and <c>holdfast relay run</c> must run somewhere.</summary>
    public bool Relay { get; set; } = true;

    /// <summary>A statement that takes at least this long goes to the slow-query log.</summary>
    public TimeSpan SlowQueryAfter { get; set; } = TimeSpan.FromMilliseconds(500);
}
