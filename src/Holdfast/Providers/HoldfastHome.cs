namespace Holdfast;

/// <summary>The folder of the local file and of the tool's own state.</summary>
public static class HoldfastHome
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string Variable = "HOLDFAST_HOME";

    /// <summary>The folder: what was asked for, else <c>HOLDFAST_HOME</c>, else the platform's data folder.</summary>
    /// <exception cref="HoldfastException">The platform has no data folder for this user.</exception>
    public static string Resolve(string? home = null)
    {
        if (!string.IsNullOrWhiteSpace(home)) return Path.GetFullPath(home);
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder) return Path.GetFullPath(folder);
        var data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return data.Length > 0 ? Path.Combine(data, "holdfast")
            : throw new HoldfastException($"This user has no home folder to keep memory in; set {Variable} to one that you may write to.");
    }

    /// <summary>The local file in that folder.</summary>
    public static string LocalFile(string? home = null) => Path.Combine(Resolve(home), "memory.db");
}
