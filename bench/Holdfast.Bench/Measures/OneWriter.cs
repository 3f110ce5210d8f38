using System.Diagnostics;
using Holdfast.Rows;

namespace Holdfast.Bench.Measures;

/// <summary>A lone writer that waits for every append.</summary>
internal sealed class OneWriter(bool pooled) : IMeasure
{
    private const int AppendsPerRound = 300;

    public string Name => pooled ? "one-pooled" : "one";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        await context.EmptyAsync();
        await using var memory = await context.OursAsync(pooled);
        await using var raw = context.Raw(pooled);
        var session = await memory.OpenSessionAsync("one", "user");
        var clock = new Clock();
        var rounds = await Alternation.RunAsync(
            context.Options.Rounds * 2,
            () => MedianAsync(i => session.AppendUserAsync(Messages.Text(i))),
            () => MedianAsync(i => RawRows.InsertAsync(raw, Messages.Row(clock, "raw", i))));
        return [Measurement.Ratio($"one writer, durable append, p50 ({(pooled ? "behind PgBouncer, unprepared" : "direct, prepared")})", "ms", rounds, Target.Most(1.3))];
    }

    private static async Task<double> MedianAsync(Func<int, Task> append)
    {
        var times = new double[AppendsPerRound];
        for (var i = 0; i < times.Length; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await append(i);
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }
        return Figure.Median(times);
    }
}
