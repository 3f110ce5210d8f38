using System.Collections;

namespace Holdfast.Providers.Configuration;

/// <summary>Where configuration is looked for; given, so that a test needs nothing of its process.</summary>
internal sealed class ConfigurationSources
{
    /// <summary>What the command line says, under the names of the environment; strongest.</summary>
    public IReadOnlyDictionary<string, string> Flags { get; init; } = new Dictionary<string, string>();

    /// <summary>The process's environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Where <c>holdfast.json</c> lies, and where the search for <c>.env</c> begins.</summary>
    public required string Directory { get; init; }

    /// <summary>The user's folder; null: none.</summary>
    public string? UserHome { get; init; }

    /// <summary>The machine's folder.</summary>
    public string SystemDirectory { get; init; } = "/etc/holdfast";

    /// <summary>Those of this process.</summary>
    public static ConfigurationSources OfProcess(IReadOnlyDictionary<string, string>? flags = null)
    {
        var environment = new Dictionary<string, string>();
        foreach (DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
            if (variable is { Key: string name, Value: string value }) environment[name] = value;
        var home = System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile, System.Environment.SpecialFolderOption.DoNotVerify);
        return new() { Flags = flags ?? new Dictionary<string, string>(), Environment = environment, Directory = System.Environment.CurrentDirectory, UserHome = home.Length > 0 ? home : null };
    }
}
