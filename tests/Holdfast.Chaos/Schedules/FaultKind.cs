namespace Holdfast.Chaos.Schedules;

/// <summary>What a run does to servers, links and writers.</summary>
internal enum FaultKind
{
    /// <summary>SIGKILL of a server and all its backends; it is started again.</summary>
    ServerKilled,
    /// <summary>SIGSTOP of a server and all its backends.</summary>
    ServerStopped,
    /// <summary>SIGKILL of a writer; the next one starts on its local file.</summary>
    WriterKilled,
    /// <summary>SIGSTOP of a writer.</summary>
    WriterStopped,
    /// <summary>Requests arrive, answers do not.</summary>
    AnswersCut,
    /// <summary>Answers arrive, requests do not.</summary>
    RequestsCut,
    /// <summary>Nothing arrives.</summary>
    Blackhole,
    /// <summary>Connections are refused and reset.</summary>
    Refused,
    /// <summary>Connections are accepted and reset.</summary>
    AcceptedAndReset,
    /// <summary>Connections are reset once; new ones work.</summary>
    Reset,
    /// <summary>Requests and answers take longer.</summary>
    Latency,
    /// <summary>The next write is committed and its answer lost.</summary>
    CutAfterCommit,
    /// <summary>The server takes no writes.</summary>
    ReadOnly,
    /// <summary>The role may not insert any more.</summary>
    GrantRevoked,
    /// <summary>The table's disk is full.</summary>
    DiskFull,
    /// <summary>No provider is reached by anybody.</summary>
    AllRefused,
    /// <summary>Each writer reaches one provider, not all the same.</summary>
    Split,
    /// <summary>A transaction of somebody else's holds a row for a while before it commits.</summary>
    SlowTransaction,
}

/// <summary>A fault and its time in a phase.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="At">When, from the phase's start.</param>
/// <param name="For">How long it lasts.</param>
/// <param name="Provider">Which server it concerns.</param>
/// <param name="Writer">Which writer it concerns; null: all.</param>
internal sealed record FaultStep(FaultKind Kind, TimeSpan At, TimeSpan For, int Provider = 0, int? Writer = null)
{
    /// <summary>A number that makes two faults of a kind different.</summary>
    public int Dice { get; init; }

    public override string ToString() => Kind switch
    {
        FaultKind.WriterKilled or FaultKind.WriterStopped => $"{Kind} w{Writer}",
        FaultKind.AllRefused or FaultKind.Split => $"{Kind}",
        _ => $"{Kind} p{Provider}{(Writer is { } writer ? $" for w{writer}" : "")}",
    };
}

/// <summary>A fault that destroys data: one at a time, and only while all providers hold the same.</summary>
internal enum Destruction
{
    None,
    /// <summary>A server's data folder is replaced by an older copy.</summary>
    RolledBack,
    /// <summary>A server comes back with an empty database.</summary>
    DiskLost,
    /// <summary>A local file loses its tail while its writer is stopped.</summary>
    SpoolTruncated,
}
