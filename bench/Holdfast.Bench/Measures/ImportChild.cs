using System.Diagnostics;
using System.Globalization;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;

namespace Holdfast.Bench.Measures;

/// <summary>The process that imports: reads a number of rows a line, answers with rows a second; on 0 with its peak memory in MB.</summary>
internal static class ImportChild
{
    private const int InFlightMax = 2;

    public static async Task<int> RunAsync(string connection)
    {
        await using var store = await PostgresConnector.ConnectAsync(connection, PostgresStore.DefaultSchema, TimeProvider.System, null, CancellationToken.None);
        var clock = new Clock();
        while (await Console.In.ReadLineAsync() is { } line && int.Parse(line, CultureInfo.InvariantCulture) is var rows and > 0)
        {
            var started = Stopwatch.GetTimestamp();
            await ImportAsync(store, clock, rows);
            Answer(rows / Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        Answer(await PeakMegabytesAsync());
        return 0;
    }

    private static async Task ImportAsync(IStore store, Clock clock, int rows) => await Parallel.ForEachAsync(
        Enumerable.Range(0, rows).Select(i => Messages.Row(clock, "imported", i)).Chunk(Batch.RowsMax),
        new ParallelOptions { MaxDegreeOfParallelism = InFlightMax },
        async (batch, ct) => await store.MergeAsync(batch, ct));

    private static async Task<double> PeakMegabytesAsync()
    {
        var peak = (await File.ReadAllLinesAsync("/proc/self/status")).Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
    }

    private static void Answer(double value) => Console.Out.WriteLine(value.ToString("R", CultureInfo.InvariantCulture));
}
