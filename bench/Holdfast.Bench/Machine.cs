using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Npgsql;

namespace Holdfast.Bench;

/// <summary>What the figures were measured on.</summary>
internal sealed record Machine(string Name, string System, int Cores, double MemoryGigabytes, double SyncMilliseconds, string Runtime, string Server, double LoadAverage)
{
    public static async Task<Machine> DescribeAsync(BenchOptions options)
    {
        var memory = (await File.ReadAllLinesAsync("/proc/meminfo"))[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        var cpu = (await File.ReadAllLinesAsync("/proc/cpuinfo")).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor";
        var load = (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0];
        return new Machine(
            cpu, RuntimeInformation.OSDescription, Environment.ProcessorCount, double.Parse(memory, Invariant) / 1024 / 1024,
            Sync(options.Work), RuntimeInformation.FrameworkDescription, await ServerAsync(options), double.Parse(load, Invariant));
    }

    private static IFormatProvider Invariant => global::System.Globalization.CultureInfo.InvariantCulture;

    /// <summary>The median of 200 times writing 8 kB and waiting for the disk: the floor of a durable append.</summary>
    private static double Sync(string folder)
    {
        var path = Path.Combine(folder, $"holdfast-bench-sync-{Environment.ProcessId}");
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        var page = new byte[8192];
        var times = new double[200];
        for (var i = 0; i < times.Length; i++)
        {
            var started = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, page, i % 50 * page.Length);
            RandomAccess.FlushToDisk(file);
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }
        return Figure.Median(times);
    }

    private static async Task<string> ServerAsync(BenchOptions options)
    {
        if (options.Direct is null) return "none";
        await using var source = NpgsqlDataSource.Create(options.Direct);
        await using var command = source.CreateCommand("""
            select 'PostgreSQL ' || current_setting('server_version') || ', ' || string_agg(name || ' ' || current_setting(name), ', ' order by name)
            from pg_settings where name in ('fsync', 'full_page_writes', 'shared_buffers', 'synchronous_commit', 'wal_sync_method', 'max_wal_size')
            """);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
