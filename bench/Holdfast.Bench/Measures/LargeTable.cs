using System.Diagnostics;
using Npgsql;

namespace Holdfast.Bench.Measures;

/// <summary>
/// Append and load on a table with 10 million rows in 1,000 sessions against the same on one with 10 thousand: what is
/// compared is ours with ours. Both tables stand in databases of their own on one server, so that the rounds can alternate.
/// </summary>
internal sealed class LargeTable : IMeasure
{
    private const int Sessions = 1_000;
    private const int SmallRows = 10_000;
    private const int LargeRows = 10_000_000;
    private const int PageRows = 10;

    public string Name => "large";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        var largeRows = context.Options.LargeRows ?? LargeRows;
        var large = await FilledAsync(context, "bench_large", largeRows);
        var small = await FilledAsync(context, "bench_small", SmallRows);
        await using var inLarge = await AgentMemory.OpenAsync(large);
        await using var inSmall = await AgentMemory.OpenAsync(small);
        var appends = await Alternation.RunAsync(context.Options.Rounds * 3, () => AppendAsync(inLarge), () => AppendAsync(inSmall));
        var loads = await Alternation.RunAsync(context.Options.Rounds * 3, () => LoadAsync(inLarge), () => LoadAsync(inSmall));
        var rows = largeRows.ToString("N0", System.Globalization.CultureInfo.InvariantCulture);
        return
        [
            Measurement.Ratio($"append with {rows} rows, against 10 thousand (here \"raw\" is ours on the small table)", "ms", appends, Target.Most(1.3)),
            Measurement.Ratio($"load the last {PageRows} with {rows} rows, against 10 thousand (likewise)", "ms", loads, Target.Most(1.3)),
        ];
    }

    private static Task<double> AppendAsync(AgentMemory memory) => MedianAsync(async i =>
    {
        var session = new Session(memory.Writer, $"s{i * 7 % Sessions}", "user");
        await session.AppendUserAsync(Messages.Text(i));
    });

    private static Task<double> LoadAsync(AgentMemory memory) => MedianAsync(async i =>
    {
        var page = await new Session(memory.Writer, $"s{i * 7 % Sessions}", "user").LoadLastAsync(PageRows);
        if (page.Count != PageRows) throw new InvalidOperationException($"Read {page.Count} messages.");
    });

    private static async Task<double> MedianAsync(Func<int, Task> work)
    {
        var times = new double[200];
        for (var i = 0; i < times.Length; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await work(i);
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }
        return Figure.Median(times);
    }

    private static async Task<string> FilledAsync(BenchContext context, string database, int rows)
    {
        await using (var server = context.Raw(pooled: false))
        {
            await RunAsync(server, $"drop database if exists {database}");
            await RunAsync(server, $"create database {database}");
        }
        var settings = new NpgsqlConnectionStringBuilder(context.Options.Direct) { Database = database };
        await FillAsync(settings.ConnectionString, rows);
        return settings.ConnectionString;
    }

    /// <summary>Makes the schema and fills it: the same rows for the same number, whatever the server.</summary>
    public static async Task FillAsync(string connection, int rows)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection) { CommandTimeout = 0 };
        await new Operations.Schema.Migrations.SchemaMigrator(settings.ConnectionString).MigrateAsync();
        await using var source = NpgsqlDataSource.Create(settings);
        await FilledTable.FillAsync(source, rows, Sessions);
    }

    private static async Task RunAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }
}
