namespace Holdfast;

/// <summary>Where an answer came from.</summary>
/// <param name="Name">The provider's name; of a memory on one store, its address.</param>
/// <param name="MayBeStale">False: from the sticky primary with no known failover or hedge. True: others may have written more.</param>
public readonly record struct ReadSource(string Name, bool MayBeStale);
