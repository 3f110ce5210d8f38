namespace Holdfast.Providers.Configuration;

/// <summary>One setting as <c>config check</c> shows it: where it comes from, never its secret.</summary>
/// <param name="Name">Its name as an environment variable.</param>
/// <param name="MaskedValue">Its value without secrets.</param>
/// <param name="Source">Where it was set.</param>
/// <param name="Note">What became of it: not configured, overruled; null: it is in force.</param>
/// <param name="Warning">What somebody should look at; null: nothing.</param>
internal sealed record ConfigurationSetting(string Name, string MaskedValue, string Source, string? Note = null, string? Warning = null);

/// <summary>A value as it was found.</summary>
/// <param name="Name">Its name as an environment variable.</param>
/// <param name="Value">The value, secrets included: never printed.</param>
/// <param name="Source">Where it was found.</param>
internal sealed record FoundValue(string Name, string Value, string Source)
{
    /// <summary>Without the value: a record would print it.</summary>
    public override string ToString() => $"{Name} ({Source})";
}

/// <summary>What a configuration came to.</summary>
/// <param name="Options">How the memory is opened.</param>
/// <param name="Settings">Every setting that was found.</param>
/// <param name="Warnings">What works but should be looked at.</param>
/// <param name="Errors">Why it cannot be used; empty: it can.</param>
internal sealed record HoldfastConfiguration(HoldfastOptions Options, IReadOnlyList<ConfigurationSetting> Settings, IReadOnlyList<string> Warnings, IReadOnlyList<string> Errors)
{
    /// <summary>The options, where they can be used.</summary>
    /// <exception cref="InvalidInputException">They cannot; the first reason.</exception>
    public HoldfastOptions Require() => Errors.Count == 0 ? Options : throw new InvalidInputException("configuration", Errors[0] + (Errors.Count > 1 ? $" (and {Errors.Count - 1} more: holdfast config check)" : ""));
}
