using System.Globalization;

namespace Holdfast.TestServers;

/// <summary>Which PostgreSQL a test wants.</summary>
public enum PostgresVersion
{
    /// <summary>The distribution's own.</summary>
    Debian,
    /// <summary>A newer major than that.</summary>
    Newer,
    /// <summary>A third major.</summary>
    Third,
}

/// <summary>Where the programs of a version are; what is missing fails the test and says how it is had.</summary>
public static class PostgresPrograms
{
    public static string Folder(PostgresVersion version) => version switch
    {
        PostgresVersion.Debian => Distribution(),
        PostgresVersion.Newer => Newer(),
        _ => Fetched("third", "HOLDFAST_TEST_PG_THIRD_BIN"),
    };

    /// <summary>The newest major that the distribution has installed.</summary>
    public static string Distribution(string root = "/usr/lib/postgresql")
    {
        var newest = Directory.Exists(root)
            ? Directory.GetDirectories(root).Where(folder => File.Exists(Path.Combine(folder, "bin", "initdb")))
                .MaxBy(folder => int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture))
            : null;
        return newest is null
            ? throw new InvalidOperationException($"No PostgreSQL in {root}. Install it: apt-get install postgresql")
            : Path.Combine(newest, "bin");
    }

    /// <summary>The newest that the tests know.</summary>
    public static string Newer(string? folder = null) => Fetched("newer", "HOLDFAST_TEST_PG_NEWER_BIN", folder);

    // Where tools/newer-postgres.sh puts it: not in the repository, which the account of the servers may not be able to read.
    private static string Fetched(string name, string variable, string? folder = null)
    {
        folder ??= Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given ? given
            : ServerAccount.IsRoot ? $"/var/cache/holdfast-test/pg-{name}/bin"
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), $".cache/holdfast-test/pg-{name}/bin");
        return File.Exists(Path.Combine(folder, "initdb"))
            ? folder
            : throw new InvalidOperationException($"No PostgreSQL in {folder}. Run tools/newer-postgres.sh {(name == "newer" ? "" : name)} (it needs npm: apt-get install npm), or set {variable}.");
    }

    /// <summary>The folder of this repository, seen from a test program.</summary>
    public static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Holdfast.slnx"))) return folder.FullName;
        throw new InvalidOperationException($"{AppContext.BaseDirectory} is not inside of the repository.");
    }
}
