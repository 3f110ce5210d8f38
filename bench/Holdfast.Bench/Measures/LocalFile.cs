namespace Holdfast.Bench.Measures;

/// <summary>64 writers on the local file; every append is on the disk before it is acknowledged.</summary>
internal sealed class LocalFile : IMeasure
{
    private const int Count = 64;
    private const int AppendsEach = 500;

    public string Name => "local";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        var home = Directory.CreateDirectory(Path.Combine(context.Options.Work, $"holdfast-bench-local-{Environment.ProcessId}"));
        try
        {
            await using var memory = await AgentMemory.OpenAsync(new HoldfastOptions { Home = home.FullName });
            var sessions = await Task.WhenAll(Enumerable.Range(0, Count).Select(i => memory.OpenSessionAsync($"local-{i}", "user")));
            Task<double> Run() => Writers.RateAsync(Count, AppendsEach, (writer, i) => sessions[writer].AppendUserAsync(Messages.Text(i)));
            await Run();
            var rates = new List<double>();
            for (var i = 0; i < context.Options.Rounds; i++) rates.Add(await Run());
            return [Measurement.Absolute("local file, 64 writers, each append on disk before it is acknowledged", "appends/s", rates, Target.Least(10_000, "/s"))];
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }
}
