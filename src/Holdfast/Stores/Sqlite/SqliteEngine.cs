using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Holdfast.Stores.Sqlite;

/// <summary>
/// Finds the operating system's own, patched SQLite. A host application that has chosen a provider, or ships an
/// <c>e_sqlite3</c> of its own, keeps it: SQLitePCLRaw has one provider per process and it is not ours to replace.
/// </summary>
internal static class SqliteEngine
{
    /// <summary>STRICT tables came with 3.37.</summary>
    private static readonly Version VersionMin = new(3, 37);

    private static readonly Lazy<Version> Loaded = new(Load);

    /// <summary>The version of the engine in use.</summary>
    /// <exception cref="HoldfastException">There is none, or it is too old.</exception>
    public static Version EnsureLoaded() => Loaded.Value;

    private static Version Load()
    {
        // Its static constructor installs a bundle where the host references one.
        RuntimeHelpers.RunClassConstructor(typeof(SqliteConnection).TypeHandle);
        var found = VersionInUse() ?? UseOperatingSystems();
        return found >= VersionMin ? found : throw new HoldfastException(
            $"SQLite {found} is loaded, but the local file needs {VersionMin} or newer. {Install}");
    }

    private static Version? VersionInUse()
    {
        try
        {
            return Version.Parse(raw.sqlite3_libversion().utf8_to_string());
        }
        catch (Exception e) when (e.Message.Contains("SetProvider", StringComparison.Ordinal))
        {
            // SQLitePCLRaw throws a plain Exception that names the missing call: nobody has chosen a provider.
            return null;
        }
    }

    private static Version UseOperatingSystems()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        try
        {
            raw.SetProvider(new SQLite3Provider_e_sqlite3());
            return Version.Parse(raw.sqlite3_libversion().utf8_to_string());
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException)
        {
            throw new HoldfastException($"SQLite was not found on this machine, and the local file needs it. {Install}", e);
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != "e_sqlite3") return 0;
        foreach (var candidate in (string[])["e_sqlite3", OperatingSystem.IsWindows() ? "winsqlite3" : OperatingSystem.IsMacOS() ? "libsqlite3.dylib" : "libsqlite3.so.0"])
            if (NativeLibrary.TryLoad(candidate, assembly, path, out var handle)) return handle;
        return 0;
    }

    private static string Install => string.Create(CultureInfo.InvariantCulture,
        $"Install it: {(OperatingSystem.IsLinux() ? "apt-get install libsqlite3-0 (Debian, Ubuntu), dnf install sqlite-libs (Fedora)" : "it is part of the operating system; update that")}.");
}
