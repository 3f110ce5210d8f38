namespace Holdfast.Providers.Probing;

/// <summary>The rungs of a probe, from the name of the host to the rows: each needs those before it.</summary>
internal enum ProbeStep
{
    /// <summary>The host's name has addresses, and this machine has a route to one.</summary>
    Dns,
    /// <summary>The port accepts a connection.</summary>
    Tcp,
    /// <summary>The certificate is what the connection asks for.</summary>
    Tls,
    /// <summary>The server lets the role in.</summary>
    Auth,
    /// <summary>It answers a query.</summary>
    Read,
    /// <summary>It commits a row.</summary>
    Write,
    /// <summary>Its tables, history and privileges are what this program needs.</summary>
    Schema,
}

/// <summary>How a rung ended.</summary>
internal enum ProbeState
{
    /// <summary>As it should be.</summary>
    Passed,
    /// <summary>Not as it should be.</summary>
    Failed,
    /// <summary>The connection does not ask for it.</summary>
    NotAsked,
    /// <summary>One before it failed.</summary>
    NotReached,
}

/// <summary>One rung of a probe.</summary>
/// <param name="Step">Which.</param>
/// <param name="State">How it ended.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Detail">What was seen, in a few words, without secrets.</param>
/// <param name="Failure">Why it failed.</param>
/// <param name="Advice">What to do about it, with the next command.</param>
internal sealed record ProbeStepResult(ProbeStep Step, ProbeState State, TimeSpan Duration, string Detail, Failures.Failure? Failure = null, string? Advice = null);
