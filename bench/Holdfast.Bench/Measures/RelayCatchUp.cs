using System.Diagnostics;
using Holdfast.Bench.Relay;
using Npgsql;

namespace Holdfast.Bench.Measures;

/// <summary>An empty provider is brought what another has, beside COPY of the same table between the same two servers.</summary>
internal sealed class RelayCatchUp : IMeasure
{
    private const int Sessions = 1_000;
    private const int BufferBytes = 1 << 16;
    private const double RowsPerSecondMin = 20_000;

    public string Name => "relay-catchup";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        await using var servers = await RelayServers.StartAsync(2);
        var (relayed, copied) = (await servers.CreateDatabaseAsync("relayed"), await servers.CreateDatabaseAsync("copied"));
        await using var source = NpgsqlDataSource.Create(relayed[0]);
        await using var pulled = NpgsqlDataSource.Create(relayed[1]);
        await using var copy = NpgsqlDataSource.Create(copied[1]);
        var rows = context.Options.Rows;
        await FilledTable.FillAsync(source, rows, Sessions);
        var rounds = await Alternation.RunAsync(context.Options.Rounds,
            async () => rows / await PullAsync(relayed, pulled, rows),
            async () => rows / await CopyAsync(source, copy, rows));
        return
        [
            Measurement.Absolute($"catch-up of {rows:N0} rows", "rows/s", [.. rounds.Select(round => round.Ours)], Target.Least(RowsPerSecondMin, "rows/s")),
            Measurement.Ratio($"catch-up of {rows:N0} rows, against COPY between the two servers", "rows/s", rounds, Target.Least(0.4)),
        ];
    }

    private static async Task<double> PullAsync(IReadOnlyList<string> connections, NpgsqlDataSource receiver, int rows)
    {
        await EmptyAsync(receiver);
        await using var direction = await PullDirection.OpenAsync(connections[0], connections[1]);
        var started = Stopwatch.GetTimestamp();
        var round = await direction.Pull.RunAsync(CancellationToken.None);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (round.IsPending || round.Rows != rows) throw new InvalidOperationException($"{round.Rows} of {rows} rows came.");
        return seconds;
    }

    private static async Task<double> CopyAsync(NpgsqlDataSource from, NpgsqlDataSource to, int rows)
    {
        await EmptyAsync(to);
        await using var source = await from.OpenConnectionAsync();
        await using var receiver = await to.OpenConnectionAsync();
        var started = Stopwatch.GetTimestamp();
        await using (var read = await source.BeginRawBinaryCopyAsync("copy holdfast.session_memories to stdout (format binary)"))
        await using (var write = await receiver.BeginRawBinaryCopyAsync("copy holdfast.session_memories from stdin (format binary)"))
            await read.CopyToAsync(write, BufferBytes);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await using var count = to.CreateCommand("select count(*) from holdfast.session_memories");
        if ((long)(await count.ExecuteScalarAsync())! is var came && came != rows) throw new InvalidOperationException($"{came} of {rows} rows came.");
        return seconds;
    }

    private static async Task EmptyAsync(NpgsqlDataSource target)
    {
        foreach (var sql in (string[])["truncate holdfast.session_memories, holdfast.relay_cursors, holdfast.relay_sources", "checkpoint"])
        {
            await using var command = target.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
    }
}
