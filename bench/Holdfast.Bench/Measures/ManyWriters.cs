using Holdfast.Rows;

namespace Holdfast.Bench.Measures;

/// <summary>64 writers against the same calls as single INSERTs.</summary>
internal sealed class ManyWriters : IMeasure
{
    private const int Count = 64;
    private const int AppendsEach = 100;

    public string Name => "many";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        await context.EmptyAsync();
        await using var memory = await context.OursAsync(pooled: false);
        await using var raw = context.Raw(pooled: false);
        var clock = new Clock();
        var sessions = await Task.WhenAll(Enumerable.Range(0, Count).Select(i => memory.OpenSessionAsync($"many-{i}", "user")));
        var processor = await ProcessorTime.OfServerAsync(raw);
        var (oursUsed, rawUsed) = (new List<double>(), new List<double>());
        var rounds = await Alternation.RunAsync(
            context.Options.Rounds,
            () => RateAsync(processor, oursUsed, (writer, i) => sessions[writer].AppendUserAsync(Messages.Text(i))),
            () => RateAsync(processor, rawUsed, (writer, i) => RawRows.InsertAsync(raw, Messages.Row(clock, $"many-{writer}", i))));
        var note = $"Processor time of client and server for one append: ours {Figure.Median(oursUsed):0} µs, raw {Figure.Median(rawUsed):0} µs.";
        return [Measurement.Ratio($"64 writers, against single INSERTs through a pool of {BenchContext.PoolSizeMax}", "appends/s", rounds, Target.Least(3), note)];
    }

    private static async Task<double> RateAsync(ProcessorTime processor, List<double> microsecondsEach, Func<int, int, Task> append)
    {
        var before = processor.Seconds;
        var rate = await Writers.RateAsync(Count, AppendsEach, append);
        microsecondsEach.Add((processor.Seconds - before) / (Count * AppendsEach) * 1e6);
        return rate;
    }
}
