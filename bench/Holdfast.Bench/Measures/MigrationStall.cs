using Holdfast.Stores.Migrations;
using Holdfast.TestServers;
using Npgsql;

namespace Holdfast.Bench.Measures;

/// <summary>
/// The longest call of an application while a migration waits for a transaction that has read the same table and does not end
/// (<c>--seconds</c>): every shipped migration, and one that adds a column to the busiest table.
/// </summary>
internal sealed class MigrationStall : IMeasure
{
    private const string Held = "begin; select count(*) from (select from holdfast.session_memories limit 1) one";

    public string Name => "migration-stall";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        await using var server = await PostgresServer.StartAsync(durable: true);
        var shipped = Migration.Shipped("Postgres");
        Migration[] all = [.. shipped, Migration.Parse($"V{Migration.Number(shipped[^1].Version) + 1:0000}__add_a_column.sql", "alter table {schema}.session_memories add column bench_note text;")];
        var measurements = new List<Measurement>();
        // Before the first there is no table that an application could use.
        for (var i = 1; i < all.Length; i++)
        {
            var (calls, seconds) = await RunAsync(await server.CreateDatabaseAsync(), all, i, TimeSpan.FromSeconds(context.Options.Seconds));
            var what = i < shipped.Count ? all[i].Script : "a column added to session_memories";
            measurements.Add(Measurement.Absolute($"longest call of an application during {what}, a reader in its way for {context.Options.Seconds} s", "ms", [calls.Max()], Target.Most(750, "ms"),
                $"99 % of {calls.Count} calls: {Figure.Of(Figure.Percentile(calls, 0.99))} ms; the migration completed after {Figure.Of(seconds)} s"));
        }
        return measurements;
    }

    private static async Task<(IReadOnlyList<double> Calls, double Seconds)> RunAsync(string connection, Migration[] all, int next, TimeSpan blocked)
    {
        await BenchMigrator.Of(connection, all[..next]).MigrateAsync();
        var settings = new NpgsqlConnectionStringBuilder(connection) { CommandTimeout = 0 };
        await using var app = await AppLoop.StartAsync(settings.ConnectionString);
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var blocker = BlockAsync(settings, blocked);
        await blocker.Started;
        var steps = await BenchMigrator.Of(settings.ConnectionString, all[..(next + 1)]).MigrateAsync();
        var seconds = System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds;
        await blocker.Ended;
        var calls = await app.StopAsync();
        return steps.Count == 1 ? (calls, seconds) : throw new InvalidOperationException($"{steps.Count} migrations were applied.");
    }

    private static (Task Started, Task Ended) BlockAsync(NpgsqlConnectionStringBuilder settings, TimeSpan time)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (started.Task, HoldAsync());

        async Task HoldAsync()
        {
            try
            {
                await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false }.ConnectionString);
                await connection.OpenAsync();
                await using var command = new NpgsqlCommand(Held, connection);
                await command.ExecuteNonQueryAsync();
                started.SetResult();
                await Task.Delay(time);
            }
            catch (Exception e)
            {
                started.TrySetException(e);
                throw;
            }
        }
    }
}
