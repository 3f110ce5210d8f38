using System.Diagnostics;

namespace Holdfast.Bench.Measures;

/// <summary>Any number of writers, each of which waits for its append before the next.</summary>
internal static class Writers
{
    /// <summary>Appends a second.</summary>
    public static async Task<double> RateAsync(int writers, int appendsEach, Func<int, int, Task> append)
    {
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < appendsEach; i++) await append(writer, writer * appendsEach + i);
        })));
        return writers * appendsEach / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Appends a second, in as many seconds as are given or until it is over.</summary>
    public static async Task<(double Rate, TimeSpan Took)> RateAsync(int writers, TimeSpan duration, CancellationToken over, Func<int, int, Task> append)
    {
        var started = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            var count = 0;
            for (; Stopwatch.GetElapsedTime(started) < duration && !over.IsCancellationRequested; count++) await append(writer, count * writers + writer);
            return count;
        })));
        var took = Stopwatch.GetElapsedTime(started);
        return (counts.Sum() / took.TotalSeconds, took);
    }

    /// <summary>Appends evenly spread over time; who is late goes on at once. The appends a second that were reached.</summary>
    public static async Task<double> PacedAsync(int writers, int rowsPerSecond, TimeSpan duration, Func<int, int, Task> append)
    {
        var rows = (int)(rowsPerSecond * duration.TotalSeconds);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            for (var i = writer; i < rows; i += writers)
            {
                var early = TimeSpan.FromSeconds((double)i / rowsPerSecond) - Stopwatch.GetElapsedTime(started);
                if (early > TimeSpan.Zero) await Task.Delay(early);
                await append(writer, i);
            }
        })));
        return rows / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
