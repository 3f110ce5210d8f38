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
        var rounds = await Alternation.RunAsync(
            context.Options.Rounds,
            () => Writers.RateAsync(Count, AppendsEach, (writer, i) => sessions[writer].AppendUserAsync(Messages.Text(i))),
            () => Writers.RateAsync(Count, AppendsEach, (writer, i) => RawRows.InsertAsync(raw, Messages.Row(clock, $"many-{writer}", i))));
        return [Measurement.Ratio($"64 writers, against single INSERTs through a pool of {BenchContext.PoolSizeMax}", "appends/s", rounds, Target.Least(3))];
    }
}
