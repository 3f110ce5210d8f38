namespace Holdfast;

/// <summary>How this process sees a provider.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsPrimary">True when it leads.</param>
/// <param name="State">healthy, suspect, refusing (answers but does not take our rows), down, drained or unknown.</param>
/// <param name="Cause">Why it is not healthy; null when it is.</param>
/// <param name="Message">What it said.</param>
/// <param name="WriteP50">Half of its writes took no longer; null: none yet.</param>
/// <param name="ReadP50">Half of its reads took no longer; null: none yet.</param>
/// <param name="IsBehind">True while it may lack something that this process wrote.</param>
public sealed record ProviderInfo(string Name, bool IsPrimary, string State, string? Cause, string? Message, TimeSpan? WriteP50, TimeSpan? ReadP50, bool IsBehind);
