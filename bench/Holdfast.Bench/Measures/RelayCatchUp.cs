using System.Diagnostics;
using Holdfast.Bench.Relay;
using Npgsql;

namespace Holdfast.Bench.Measures;

/// <summary>
/// An empty provider is brought what another has, beside COPY of the same table between the same two servers: messages of
/// sessions with their full text index, and messages of agents, whose table is the same but for that index.
/// </summary>
internal sealed class RelayCatchUp : IMeasure
{
    private const int Sessions = 1_000;
    private const int BufferBytes = 1 << 16;
    private const double RowsPerSecondMin = 20_000;

    private const string WithoutFullText = """
        insert into holdfast.agent_messages (tenant_id, id, stamp, user_id, session_id, occurred_at, message_type, from_agent, to_agent, content)
        select tenant_id, id, stamp, user_id, session_id, occurred_at, 'log', 'from', 'to', content from holdfast.session_memories
        """;

    public string Name => "relay-catchup";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        await using var servers = await RelayServers.StartAsync(2);
        var (rows, rounds) = (context.Options.Rows, context.Options.Rounds);
        var relayed = await servers.CreateDatabaseAsync("relayed");
        var copied = await servers.CreateDatabaseAsync("copied");
        await using (var source = NpgsqlDataSource.Create(relayed[0])) await FilledTable.FillAsync(source, rows, Sessions);
        var withIndex = await CompareAsync("session_memories", relayed, copied[1], rows, rounds);
        foreach (var sql in (string[])[WithoutFullText, "truncate holdfast.session_memories", "vacuum analyze holdfast.agent_messages", "checkpoint"]) await ExecuteAsync(relayed[0], sql);
        var without = await CompareAsync("agent_messages", relayed, copied[1], rows, rounds);
        return [.. Results($"{rows:N0} rows with full text", withIndex), .. Results($"{rows:N0} rows without full text", without)];
    }

    private static IEnumerable<Measurement> Results(string what, IReadOnlyList<Round> rounds)
    {
        yield return Measurement.Absolute($"catch-up of {what}", "rows/s", [.. rounds.Select(round => round.Ours)], Target.Least(RowsPerSecondMin, "rows/s"));
        yield return Measurement.Ratio($"catch-up of {what}, against COPY between the two servers", "rows/s", rounds, Target.Least(0.4));
    }

    private static Task<IReadOnlyList<Round>> CompareAsync(string table, IReadOnlyList<string> relayed, string copied, int rows, int rounds) => Alternation.RunAsync(rounds,
        async () => rows / await PullAsync(relayed, rows),
        async () => rows / await CopyAsync(table, relayed[0], copied, rows));

    private static async Task<double> PullAsync(IReadOnlyList<string> connections, int rows)
    {
        await EmptyAsync(connections[1]);
        await using var direction = await PullDirection.OpenAsync(connections[0], connections[1]);
        var started = Stopwatch.GetTimestamp();
        var round = await direction.Pull.RunAsync(CancellationToken.None);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (round.IsPending || round.Rows != rows) throw new InvalidOperationException($"{round.Rows} of {rows} rows came.");
        return seconds;
    }

    private static async Task<double> CopyAsync(string table, string from, string to, int rows)
    {
        await EmptyAsync(to);
        await using var source = new NpgsqlConnection(from);
        await using var receiver = new NpgsqlConnection(to);
        await source.OpenAsync();
        await receiver.OpenAsync();
        var started = Stopwatch.GetTimestamp();
        await using (var read = await source.BeginRawBinaryCopyAsync($"copy holdfast.{table} to stdout (format binary)"))
        await using (var write = await receiver.BeginRawBinaryCopyAsync($"copy holdfast.{table} from stdin (format binary)"))
            await read.CopyToAsync(write, BufferBytes);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await using var count = new NpgsqlCommand($"select count(*) from holdfast.{table}", receiver);
        if ((long)(await count.ExecuteScalarAsync())! is var came && came != rows) throw new InvalidOperationException($"{came} of {rows} rows came.");
        return seconds;
    }

    private static async Task EmptyAsync(string receiver)
    {
        foreach (var sql in (string[])["truncate holdfast.session_memories, holdfast.agent_messages, holdfast.relay_cursors, holdfast.relay_sources", "checkpoint"])
            await ExecuteAsync(receiver, sql);
    }

    private static async Task ExecuteAsync(string connection, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
