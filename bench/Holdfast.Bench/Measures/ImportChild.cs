using System.Diagnostics;
using System.Globalization;

namespace Holdfast.Bench.Measures;

/// <summary>The process that imports: reads a file's name a line, answers with the seconds it took; on an empty line with its peak memory in MB.</summary>
internal static class ImportChild
{
    public static async Task<int> RunAsync(string connection)
    {
        await using var memory = await AgentMemory.OpenAsync(connection);
        while (await Console.In.ReadLineAsync() is { Length: > 0 } file)
        {
            var started = Stopwatch.GetTimestamp();
            await using var source = File.OpenRead(file);
            var result = await new MemoryImport(memory).ReadAsync(source);
            if (result.Imported != result.Lines) throw new InvalidOperationException($"Of {result.Lines} lines {result.Imported} were imported.");
            Answer(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        Answer(await PeakMegabytesAsync());
        return 0;
    }

    private static async Task<double> PeakMegabytesAsync()
    {
        var peak = (await File.ReadAllLinesAsync("/proc/self/status")).Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
    }

    private static void Answer(double value) => Console.Out.WriteLine(value.ToString("R", CultureInfo.InvariantCulture));
}
