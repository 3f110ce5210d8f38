using Holdfast.Providers.Configuration;

namespace Holdfast.Tests.Configuration;

/// <summary>A project, a user's home and a machine's folder of a test's own.</summary>
public sealed class ConfigurationFolder : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-config-").FullName;

    public string Project => Directory.CreateDirectory(Path.Combine(_root, "project")).FullName;

    public string Write(string name, string text)
    {
        var path = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    internal HoldfastConfiguration Read(Dictionary<string, string>? environment = null, Dictionary<string, string>? flags = null, string? directory = null) => ConfigurationReader.Read(new ConfigurationSources
    {
        Flags = flags ?? [], Environment = environment ?? [], Directory = directory is null ? Project : Path.Combine(_root, directory), UserHome = Path.Combine(_root, "home"), SystemDirectory = Path.Combine(_root, "etc"),
    });

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
