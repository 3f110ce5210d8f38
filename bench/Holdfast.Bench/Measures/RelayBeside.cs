using Holdfast.Bench.Relay;
using Npgsql;

namespace Holdfast.Bench.Measures;

/// <summary>
/// Appends while a catch-up of the second provider runs, against the same appends undisturbed. Two memories as two processes
/// have them: one writes, the other relays. Both spools have a file system in memory.
/// </summary>
internal sealed class RelayBeside : IMeasure
{
    private const int Count = 8;
    private const int Sessions = 1_000;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan DurationMin = TimeSpan.FromSeconds(1);

    public string Name => "relay-beside";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        var home = Path.Combine("/dev/shm", $"holdfast-bench-{Environment.ProcessId}");
        try
        {
            await using var servers = await RelayServers.StartAsync(2);
            var connections = await servers.CreateDatabaseAsync("beside");
            await using var source = NpgsqlDataSource.Create(connections[0]);
            await using var receiver = NpgsqlDataSource.Create(connections[1]);
            // Opened while both are empty: nobody lacks anything as far as the writer knows, and it pulls nothing itself.
            var options = Options(Path.Combine(home, "writer"), connections);
            options.Failover.Relay = false;
            await using var memory = await AgentMemory.OpenAsync(options);
            var sessions = await Task.WhenAll(Enumerable.Range(0, Count).Select(i => memory.OpenSessionAsync($"beside-{i}", "user")));
            await FilledTable.FillAsync(source, context.Options.Rows, Sessions);
            var duration = TimeSpan.FromSeconds(context.Options.Seconds);
            Task<(double Rate, TimeSpan Took)> AppendAsync(CancellationToken over) => Writers.RateAsync(Count, duration, over, (writer, i) => sessions[writer].AppendUserAsync(Messages.Text(i)));
            var rounds = await Alternation.RunAsync(context.Options.Rounds,
                () => BesideAsync(Options(Path.Combine(home, "relay"), connections), receiver, AppendAsync),
                async () => (await AppendAsync(CancellationToken.None)).Rate);
            return [Measurement.Ratio($"{Count} writers while {context.Options.Rows:N0} rows are brought to the second provider, against the same undisturbed", "appends/s", rounds, Target.Least(0.7))];
        }
        finally
        {
            if (Directory.Exists(home)) Directory.Delete(home, recursive: true);
        }
    }

    private static async Task<double> BesideAsync(HoldfastOptions options, NpgsqlDataSource receiver, Func<CancellationToken, Task<(double Rate, TimeSpan Took)>> append)
    {
        await ScalarAsync(receiver, "truncate holdfast.session_memories, holdfast.relay_cursors, holdfast.relay_sources");
        await using var relay = await AgentMemory.OpenAsync(options);
        var link = relay.Relay!.Links.Single(link => link.Source.Index == 0);
        while (!(bool)(await ScalarAsync(receiver, "select exists (select 1 from holdfast.session_memories)"))!) await Task.Delay(Poll);
        using var over = new CancellationTokenSource();
        var (caughtUp, appends) = (CaughtUpAsync(), append(over.Token));
        var (rate, took) = await appends;
        await over.CancelAsync();
        await caughtUp;
        return took >= DurationMin ? rate : throw new InvalidOperationException($"The catch-up took {took.TotalSeconds:0.0} s only; give more --rows.");

        // What is appended after the catch-up has ended is not beside it.
        async Task CaughtUpAsync()
        {
            while (link.IsPending != false && !over.IsCancellationRequested) await Task.Delay(Poll);
            await over.CancelAsync();
        }
    }

    private static HoldfastOptions Options(string home, IReadOnlyList<string> connections)
    {
        var options = new HoldfastOptions { Home = home };
        for (var i = 0; i < connections.Count; i++) options.Providers.Add(new ProviderOptions { Name = $"p{i}", Connection = connections[i] });
        return options;
    }

    private static async Task<object?> ScalarAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
