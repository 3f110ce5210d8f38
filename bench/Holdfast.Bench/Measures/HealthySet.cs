using System.Diagnostics;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;

namespace Holdfast.Bench.Measures;

/// <summary>
/// What three healthy providers cost: writes and reads of a set against those of a memory on one of its servers. The spool's
/// wait for the disk is reported apart: here it shares the disk with the three servers, which no deployment does.
/// </summary>
internal sealed class HealthySet : IMeasure
{
    private const int CallsPerRound = 200;

    public string Name => "set";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        var servers = new List<PostgresServer>();
        var home = Path.Combine(context.Options.Work, "set");
        // A file system in memory: what is left is what the set itself costs.
        var memory = Path.Combine("/dev/shm", $"holdfast-bench-{Environment.ProcessId}");
        try
        {
            var (options, onDisk) = (new HoldfastOptions { Home = memory }, new HoldfastOptions { Home = home });
            foreach (var name in (string[])["first", "second", "third"])
            {
                servers.Add(await PostgresServer.StartAsync(durable: true));
                await new SchemaMigrator(servers[^1].ConnectionString).MigrateAsync();
                options.Providers.Add(new ProviderOptions { Name = name, Connection = servers[^1].ConnectionString });
                onDisk.Providers.Add(options.Providers[^1]);
            }
            await using var set = await AgentMemory.OpenAsync(options);
            await using var setOnDisk = await AgentMemory.OpenAsync(onDisk);
            await using var one = await AgentMemory.OpenAsync(new HoldfastOptions { Connection = servers[0].ConnectionString });
            await using var local = await AgentMemory.OpenAsync(new HoldfastOptions { Home = home + "-local" });
            var (ours, single, file) = (await set.OpenSessionAsync("ours"), await one.OpenSessionAsync("single"), await local.OpenSessionAsync("file"));
            var disk = await setOnDisk.OpenSessionAsync("disk");
            var rounds = context.Options.Rounds * 2;
            var spool = await MedianAsync(i => file.AppendUserAsync(Messages.Text(i)));
            var withDisk = Measurement.Ratio("the same with the spool on the servers' own disk", "ms", await Alternation.RunAsync(rounds,
                () => MedianAsync(i => disk.AppendUserAsync(Messages.Text(i))),
                () => MedianAsync(i => single.AppendUserAsync(Messages.Text(i)))), Target.Most(1.3));
            return
            [
                Measurement.Ratio("write p50, three healthy providers, Available, over one store", "ms", await Alternation.RunAsync(rounds,
                    () => MedianAsync(i => ours.AppendUserAsync(Messages.Text(i))),
                    () => MedianAsync(i => single.AppendUserAsync(Messages.Text(i)))), Target.Most(1.3), $"the spool's disk is reported apart: its own durable write takes {Figure.Of(spool)} ms, and where it shares one disk with all three servers a write takes {Figure.Of(withDisk.Ours)} ms ({Figure.Of(withDisk.Value)} times the single store's)"),
                Measurement.Ratio("Majority over One, three local providers, p50", "ms", await Alternation.RunAsync(rounds,
                    () => MedianAsync(i => ours.AppendUserAsync(Messages.Text(i), new AppendOptions { Concern = WriteConcern.Majority })),
                    () => MedianAsync(i => ours.AppendUserAsync(Messages.Text(i), new AppendOptions { Concern = WriteConcern.One }))), Target.Most(1.6)),
                Measurement.Ratio("read p50 (last 20 messages), three healthy providers, over one store", "ms", await Alternation.RunAsync(rounds * 2,
                    () => MedianAsync(_ => ours.LoadLastAsync(20)),
                    () => MedianAsync(_ => single.LoadLastAsync(20))), Target.Most(1.05)),
            ];
        }
        finally
        {
            foreach (var server in servers) await server.DisposeAsync();
            if (Directory.Exists(memory)) Directory.Delete(memory, recursive: true);
        }
    }

    private static async Task<double> MedianAsync(Func<int, Task> call)
    {
        var times = new double[CallsPerRound];
        for (var i = 0; i < times.Length; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await call(i);
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }
        return Figure.Median(times);
    }
}
