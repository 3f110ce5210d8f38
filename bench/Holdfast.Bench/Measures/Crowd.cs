using System.Diagnostics;
using Holdfast.Rows;

namespace Holdfast.Bench.Measures;

/// <summary>512 writers against one COPY of as many rows.</summary>
internal sealed class Crowd : IMeasure
{
    private const int Count = 512;
    private const int AppendsEach = 40;

    public string Name => "crowd";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        await context.EmptyAsync();
        await using var memory = await context.OursAsync(pooled: false);
        await using var raw = context.Raw(pooled: false);
        var clock = new Clock();
        var sessions = await Task.WhenAll(Enumerable.Range(0, Count).Select(i => memory.OpenSessionAsync($"crowd-{i}", "user")));
        var rounds = await Alternation.RunAsync(
            context.Options.Rounds,
            () => Writers.RateAsync(Count, AppendsEach, (writer, i) => sessions[writer].AppendUserAsync(Messages.Text(i))),
            async () =>
            {
                var rows = Enumerable.Range(0, Count * AppendsEach).Select(i => Messages.Row(clock, $"crowd-{i % Count}", i)).ToList();
                var started = Stopwatch.GetTimestamp();
                await RawRows.CopyAsync(raw, rows);
                return rows.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
            });
        return [Measurement.Ratio("512 writers, against COPY of the same rows", "appends/s", rounds, Target.Least(0.4))];
    }
}
