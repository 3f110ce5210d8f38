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
}
