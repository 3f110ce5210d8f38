namespace Holdfast.Operations.Drills;

/// <summary>What a <see cref="FaultProxy"/> does to the connections through it, those that exist and new ones alike.</summary>
internal enum FaultMode
{
    /// <summary>All is forwarded.</summary>
    Pass,
    /// <summary>New connections are refused, as by a port that nobody listens on; those that exist go on.</summary>
    Refuse,
    /// <summary>Those that exist are reset, new ones are refused: the server's process has died.</summary>
    Reset,
    /// <summary>Those that exist are reset, new ones are accepted and reset: a load balancer without a server behind it.</summary>
    AcceptAndReset,
    /// <summary>New ones are accepted, nothing is forwarded, not even an end. What was sent meanwhile arrives afterwards, as TCP repeats it.</summary>
    Blackhole,
    /// <summary>Only what the client sends arrives; answers do not.</summary>
    OneWayUp,
    /// <summary>Only what the server sends arrives; requests do not.</summary>
    OneWayDown,
    /// <summary>All is forwarded but the end: a client never hears that its server has gone, and what it sends then is lost.</summary>
    HalfOpen,
    /// <summary>All is forwarded, each byte in a packet of its own.</summary>
    SlowBytes,
}

/// <summary>Which way bytes go.</summary>
internal enum FaultDirection
{
    /// <summary>From the client to the server.</summary>
    Up,
    /// <summary>From the server to the client.</summary>
    Down,
}

/// <summary>What a mode lets through.</summary>
internal static class FaultModes
{
    public static bool Listens(this FaultMode mode) => mode is not (FaultMode.Refuse or FaultMode.Reset);

    public static bool Resets(this FaultMode mode) => mode is FaultMode.Reset or FaultMode.AcceptAndReset;

    public static bool Passes(this FaultMode mode, FaultDirection direction) => direction == FaultDirection.Up
        ? mode is not (FaultMode.Blackhole or FaultMode.OneWayDown)
        : mode is not (FaultMode.Blackhole or FaultMode.OneWayUp);

    public static bool PassesEnd(this FaultMode mode, FaultDirection direction) =>
        mode.Passes(direction) && !(mode == FaultMode.HalfOpen && direction == FaultDirection.Down);
}
