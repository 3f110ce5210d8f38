using System.Globalization;
using Npgsql;

namespace Holdfast.Bench;

/// <summary>
/// Processor seconds that this process and the server have used together: steadier than a rate on a machine that others use
/// too, where the scheduler gives 64 busy server processes more than it gives two.
/// </summary>
internal sealed class ProcessorTime(int postmaster)
{
    private const double TicksPerSecond = 100;

    public static async Task<ProcessorTime> OfServerAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("select pg_backend_pid()");
        var backend = (int)(await command.ExecuteScalarAsync())!;
        return new ProcessorTime((int)Fields(backend)![1]);
    }

    public double Seconds
    {
        get
        {
            var all = Directory.EnumerateDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var id) ? Fields(id) : null);
            // Processes that have ended are in their parent's sum.
            var ticks = all.Where(fields => fields is not null && fields[1] == postmaster).Sum(fields => fields![11] + fields[12]);
            if (Fields(postmaster) is { } parent) ticks += parent[11] + parent[12] + parent[13] + parent[14];
            return ticks / TicksPerSecond + Environment.CpuUsage.TotalTime.TotalSeconds;
        }
    }

    // What stands behind the program's name in /proc/ID/stat; null when the process has just ended.
    private static double[]? Fields(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return [.. stat[(stat.LastIndexOf(')') + 2)..].Split(' ').Select((field, i) => i == 0 ? 0 : double.Parse(field, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
