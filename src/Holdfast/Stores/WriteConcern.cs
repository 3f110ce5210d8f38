namespace Holdfast;

/// <summary>What a write waits for before its caller is answered. It concerns durability, not reads.</summary>
public enum WriteConcern
{
    /// <summary>A provider has committed and the spool is on disk; if no provider can be reached, the spool alone.</summary>
    Available,
    /// <summary>The spool is on this machine's disk.</summary>
    Local,
    /// <summary>A remote provider has committed.</summary>
    One,
    /// <summary>More than half of the configured remote providers have committed; of two it is two.</summary>
    Majority,
}
