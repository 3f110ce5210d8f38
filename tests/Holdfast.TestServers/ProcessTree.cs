using System.Globalization;

namespace Holdfast.TestServers;

/// <summary>What the kernel says about processes (<c>/proc</c>): whose children are whose, and what still runs.</summary>
internal static class ProcessTree
{
    public static int[] Children(int process) =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id != 0 && Stat(id) is { } stat && stat.Parent == process)];

    /// <summary>A zombie counts as ended: it holds no memory, files or ports any more.</summary>
    public static bool Runs(int process) => Stat(process) is { State: not ('Z' or 'X') };

    /// <summary>True: stopped by a signal, so that it starts no further children.</summary>
    public static bool IsStopped(int process) => Stat(process) is null or { State: 'T' or 't' or 'Z' or 'X' };

    private static (char State, int Parent)? Stat(int process)
    {
        try
        {
            // "id (name) state parent …"; the name may hold blanks and parentheses itself, so what follows the last one counts.
            var text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // It ended between being listed and being read (a missing file, or ESRCH while reading).
            return null;
        }
    }
}
