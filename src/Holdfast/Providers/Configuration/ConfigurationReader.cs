using System.Text.Json;

namespace Holdfast.Providers.Configuration;

/// <summary>
/// Reads the configuration: flags, then the process's environment, the project's <c>.env</c>, <c>holdfast.json</c>, the user's file and
/// the machine's. What is found first counts.
/// </summary>
internal static class ConfigurationReader
{
    public static HoldfastConfiguration Read(ConfigurationSources sources)
    {
        var assembly = new OptionsAssembly(new HoldfastOptions());
        assembly.Add(OfDictionary(sources.Flags, "command line"));
        assembly.Add(OfDictionary(sources.Environment, "environment"));
        if (EnvFile.Find(sources.Directory) is { } path) AddEnvFile(assembly, path);
        AddJson(assembly, Path.Combine(sources.Directory, "holdfast.json"));
        if (sources.UserHome is { } home) AddJson(assembly, Path.Combine(home, ".config", "holdfast", "config.json"));
        AddJson(assembly, Path.Combine(sources.SystemDirectory, "config.json"));
        return assembly.Build();
    }

    /// <summary>The section of a host's configuration, read into options that exist.</summary>
    public static HoldfastConfiguration Read(IEnumerable<KeyValuePair<string, string?>> section, string source, HoldfastOptions options)
    {
        var assembly = new OptionsAssembly(options);
        AddSection(assembly, section, source);
        return assembly.Build();
    }

    private static List<FoundValue> OfDictionary(IEnumerable<KeyValuePair<string, string>> values, string source) =>
        [.. values.Where(pair => SettingNames.IsKnown(pair.Key) || SettingNames.IsUnknown(pair.Key)).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new FoundValue(pair.Key, pair.Value, source))];

    private static void AddEnvFile(OptionsAssembly assembly, string path)
    {
        try
        {
            var file = EnvFile.Read(path);
            assembly.Warnings.AddRange(file.Warnings);
            assembly.Errors.AddRange(file.Errors);
            assembly.Add(OfDictionary(file.Values, path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            assembly.Errors.Add($"{path} cannot be read: {e.GetType().Name}.");
        }
    }

    private static void AddJson(OptionsAssembly assembly, string path)
    {
        if (!File.Exists(path)) return;
        try
        {
            AddSection(assembly, SectionKeys.OfJson(File.ReadAllText(path)), path);
            if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(path).HasFlag(UnixFileMode.OtherRead) && assembly.HasSecretOf(path))
                assembly.Warnings.Add($"{path} holds a password and can be read by everybody; chmod 600 {path}");
            if (assembly.HasSecretOf(path) && RepositoryFile.IsTracked(path)) assembly.Warnings.Add($"{path} holds a password and is tracked by git: it is in every clone.");
        }
        catch (JsonException e)
        {
            // Not e.Message: it may quote the text.
            assembly.Errors.Add($"{path} is no JSON object (line {e.LineNumber + 1}).");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            assembly.Errors.Add($"{path} cannot be read: {e.GetType().Name}.");
        }
    }

    private static void AddSection(OptionsAssembly assembly, IEnumerable<KeyValuePair<string, string?>> pairs, string source)
    {
        var (values, unknown) = SectionKeys.ToSettings(pairs, source);
        assembly.Warnings.AddRange(unknown.Select(key => $"{source}: {key} is no setting of Holdfast's."));
        assembly.Add(values);
    }
}
