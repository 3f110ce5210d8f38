using System.Diagnostics;
using Holdfast.Operations.Access;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Rows;
using Holdfast.TestServers;
using Npgsql;

namespace Holdfast.Bench.Measures;

/// <summary>
/// What row-level security costs the application's role: an append, a session of 10,000 messages, and a search among 20,000 messages of one tenant; each against the
/// same in a database beside it that has the same roles without it.
/// </summary>
internal sealed class RowSecurityCost : IMeasure
{
    private const int Appends = 300;
    private const int Searches = 50;

    public string Name => "row-security";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        await using var server = await PostgresServer.StartAsync(durable: true);
        await using var without = await OpenAsync(server, "together", new AccessOptions());
        await using var with = await OpenAsync(server, "apart", new AccessOptions(RowSecurity: true));
        var (apart, together) = (await with.OpenSessionAsync("appends", "user"), await without.OpenSessionAsync("appends", "user"));
        var (loadApart, loadTogether) = (await with.OpenSessionAsync("load", "user"), await without.OpenSessionAsync("load", "user"));
        Task<double> AppendAsync(Session session) => MedianAsync(Appends, i => session.AppendUserAsync(Messages.Text(i)));
        Task<double> SearchAsync(AgentMemory memory) => MedianAsync(Searches, async i =>
        {
            if (await memory.RecallAsync($"needle{i}") is not [_]) throw new InvalidOperationException($"needle{i} is not found once.");
        });
        return
        [
            Measurement.Ratio("append as the app under row-level security, p50", "ms", await Alternation.RunAsync(context.Options.Rounds * 2, () => AppendAsync(apart), () => AppendAsync(together)), Target.Most(1.3)),
            Measurement.Ratio("a session of 10,000 messages under it", "ms", await Alternation.RunAsync(context.Options.Rounds * 2, () => LoadSession.OursAsync(loadApart), () => LoadSession.OursAsync(loadTogether)), Target.Most(1.3)),
            Measurement.Ratio("recall among 20,000 messages under it, p50", "ms", await Alternation.RunAsync(context.Options.Rounds * 2, () => SearchAsync(with), () => SearchAsync(without)), Target.Most(3)),
        ];
    }

    // The one without it first: where the relay's role is, row-level security is taken to be wanted.
    private static async Task<AgentMemory> OpenAsync(PostgresServer server, string database, AccessOptions access)
    {
        var connection = await server.CreateDatabaseAsync(database);
        await new SchemaMigrator(connection).MigrateAsync();
        await using (var source = NpgsqlDataSource.Create(connection))
        {
            var clock = new Clock();
            await RawRows.CopyAsync(source, Enumerable.Range(0, LoadSession.Messages).Select(i => Messages.Row(clock, "load", i)));
            await RawRows.CopyAsync(source, Enumerable.Range(0, LoadSession.Messages).Select(i => Messages.Row(clock, $"s{i % 100}", i) with { Values = ["message_user", null, $"\"needle{i} {Messages.Text(i)}\"", null] }));
            await using var analyze = source.CreateCommand("vacuum analyze holdfast.session_memories");
            await analyze.ExecuteNonQueryAsync();
        }
        await new AccessControl(new NpgsqlConnectionStringBuilder(connection), "holdfast").ApplyAsync(access, null, default);
        return await AgentMemory.OpenAsync(new HoldfastOptions { Connection = new NpgsqlConnectionStringBuilder(connection) { Username = "holdfast_app_a" }.ConnectionString });
    }

    private static async Task<double> MedianAsync(int count, Func<int, Task> work)
    {
        var times = new double[count];
        for (var i = 0; i < times.Length; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await work(i);
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }
        return Figure.Median(times);
    }
}
