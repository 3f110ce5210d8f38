using Holdfast.Bench.Relay;
using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Bench.Measures;

/// <summary>
/// How long an acknowledged row takes to be visible at the two backups while 2,000 rows a second are appended, beside
/// PostgreSQL's logical replication between the same servers. The spool has a file system in memory: here it would share the
/// disk with three servers, which no deployment does.
/// </summary>
internal sealed class RelayLag : IMeasure
{
    private const int Count = 32;
    private const int RowsPerSecond = 2_000;
    private const int SampleEvery = 10;
    private const double MedianMax = 20;
    private const double P99Max = 150;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    public string Name => "relay-lag";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        await using var servers = await RelayServers.StartAsync(3, "wal_level=logical");
        var duration = TimeSpan.FromSeconds(context.Options.Seconds);
        var native = await NativeAsync(await servers.CreateDatabaseAsync("native"), duration);
        var ours = await OursAsync(await servers.CreateDatabaseAsync("relayed"), duration);
        return [.. Rows("Holdfast", ours, hasTarget: true), .. Rows("PostgreSQL's logical replication", native, hasTarget: false)];
    }

    private static async Task<Sample> OursAsync(IReadOnlyList<string> connections, TimeSpan duration)
    {
        var home = Path.Combine("/dev/shm", $"holdfast-bench-{Environment.ProcessId}");
        try
        {
            var options = new HoldfastOptions { Home = home };
            for (var i = 0; i < connections.Count; i++) options.Providers.Add(new ProviderOptions { Name = $"p{i}", Connection = connections[i] });
            await using var memory = await AgentMemory.OpenAsync(options);
            var sessions = await Task.WhenAll(Enumerable.Range(0, Count).Select(i => memory.OpenSessionAsync($"lag-{i}", "user")));
            return await SampleAsync(connections, duration, async (writer, i) => (await sessions[writer].AppendUserAsync(Messages.Text(i))).Id);
        }
        finally
        {
            if (Directory.Exists(home)) Directory.Delete(home, recursive: true);
        }
    }

    private static async Task<Sample> NativeAsync(IReadOnlyList<string> connections, TimeSpan duration)
    {
        await using var replication = await NativeReplication.StartAsync(connections);
        await using var raw = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connections[0]) { MaxAutoPrepare = 200, AutoPrepareMinUsages = 2, NoResetOnClose = true });
        var clock = new Clock();
        return await SampleAsync(connections, duration, async (writer, i) =>
        {
            var row = Messages.Row(clock, $"lag-{writer}", i);
            await RawRows.InsertAsync(raw, row);
            return row.Id;
        });
    }

    private static async Task<Sample> SampleAsync(IReadOnlyList<string> connections, TimeSpan duration, Func<int, int, Task<Guid>> append)
    {
        await Writers.PacedAsync(Count, RowsPerSecond, WarmUp, append);
        await using var first = await LagProbe.StartAsync(connections[1]);
        await using var second = await LagProbe.StartAsync(connections[2]);
        var rate = await Writers.PacedAsync(Count, RowsPerSecond, duration, async (writer, i) =>
        {
            var id = await append(writer, i);
            if (i / Count % SampleEvery != 0) return;
            first.Acknowledged(id);
            second.Acknowledged(id);
        });
        return new Sample([.. await first.LagsAsync(), .. await second.LagsAsync()], rate);
    }

    private static IEnumerable<Measurement> Rows(string subject, Sample sample, bool hasTarget)
    {
        foreach (var (figure, share, bound) in new[] { ("p50", 0.5, MedianMax), ("p99", 0.99, P99Max), ("worst", 1, double.PositiveInfinity) })
        {
            var value = Figure.Percentile(sample.Lags, share);
            // The peer has no target of ours to meet; it stands beside.
            yield return new Measurement($"lag from acknowledgement to visibility at two backups, {figure} of {sample.Lags.Count}: {subject}", "ms", value, null, value,
                Target.Most(hasTarget ? bound : double.PositiveInfinity, "ms"), figure == "p50" ? [.. sample.Lags.Select(lag => new Round(lag, double.NaN))] : []);
        }
        // A lag below the wanted load says nothing.
        yield return Measurement.Absolute($"rows appended a second meanwhile: {subject}", "rows/s", [sample.Rate], Target.Least(RowsPerSecond * 0.95, "rows/s"));
    }

    private sealed record Sample(IReadOnlyList<double> Lags, double Rate);
}
