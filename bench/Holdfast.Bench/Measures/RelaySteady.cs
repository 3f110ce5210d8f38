using System.Diagnostics;
using System.Globalization;
using Holdfast.Bench.Relay;
using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Bench.Measures;

/// <summary>
/// What a row costs the relay once the providers are equal, with a large table against the same with 10 thousand rows: a round
/// that finds the new rows at the receiver already (each writer pushes), and one that brings them over.
/// </summary>
internal sealed class RelaySteady : IMeasure
{
    private const int SmallRows = 10_000;
    private const int LargeRows = 1_000_000;
    private const int Sessions = 1_000;
    private const int RowsPerRound = 2_000;

    public string Name => "relay-steady";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        // What a vacuum writes would hold the feed back for a moment, and a round would find less than all rows.
        await using var servers = await RelayServers.StartAsync(2, "autovacuum=off");
        var largeRows = context.Options.LargeRows ?? LargeRows;
        await using var large = await EqualPair.OpenAsync(await servers.CreateDatabaseAsync("steady_large"), largeRows);
        await using var small = await EqualPair.OpenAsync(await servers.CreateDatabaseAsync("steady_small"), SmallRows);
        var rounds = context.Options.Rounds * 3;
        var looked = await Alternation.RunAsync(rounds, () => large.RoundAsync(pushed: true), () => small.RoundAsync(pushed: true));
        var brought = await Alternation.RunAsync(rounds, () => large.RoundAsync(pushed: false), () => small.RoundAsync(pushed: false));
        var rows = largeRows.ToString("N0", CultureInfo.InvariantCulture);
        return
        [
            Measurement.Ratio($"relay of a row that was pushed already, {rows} rows against 10 thousand (here \"raw\" is ours on the small table)", "µs", looked, Target.Most(1.2)),
            Measurement.Ratio($"relay of a row that the receiver lacks, {rows} rows against 10 thousand (likewise)", "µs", brought, Target.Most(1.2)),
        ];
    }

    /// <summary>Two databases with the same rows, and the pull between them that has been through all of them.</summary>
    private sealed class EqualPair(NpgsqlDataSource source, NpgsqlDataSource receiver, PullDirection direction) : IAsyncDisposable
    {
        private readonly Clock _clock = new();

        public static async Task<EqualPair> OpenAsync(IReadOnlyList<string> connections, int rows)
        {
            var sources = connections.Select(connection => NpgsqlDataSource.Create(connection)).ToList();
            await Task.WhenAll(sources.Select(source => FilledTable.FillAsync(source, rows, Sessions)));
            var pair = new EqualPair(sources[0], sources[1], await PullDirection.OpenAsync(connections[0], connections[1]));
            await pair.PullAsync(0);
            return pair;
        }

        /// <summary>Microseconds of a round for each new row.</summary>
        public async Task<double> RoundAsync(bool pushed)
        {
            var rows = Enumerable.Range(0, RowsPerRound).Select(i => Messages.Row(_clock, $"s{i % Sessions}", i)).ToList();
            await RawRows.CopyAsync(source, rows);
            if (pushed) await RawRows.CopyAsync(receiver, rows);
            return await PullAsync(pushed ? 0 : RowsPerRound) / RowsPerRound;
        }

        private async Task<double> PullAsync(int expected)
        {
            var started = Stopwatch.GetTimestamp();
            var round = await direction.Pull.RunAsync(CancellationToken.None);
            var microseconds = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
            return !round.IsPending && round.Rows == expected ? microseconds : throw new InvalidOperationException($"{round.Rows} rows came instead of {expected}.");
        }

        public async ValueTask DisposeAsync()
        {
            await direction.DisposeAsync();
            await source.DisposeAsync();
            await receiver.DisposeAsync();
        }
    }
}
