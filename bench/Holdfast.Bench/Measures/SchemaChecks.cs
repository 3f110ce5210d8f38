using System.Diagnostics;
using Holdfast.Operations.Access;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Npgsql;

namespace Holdfast.Bench.Measures;

/// <summary>What an operator runs on every deploy: <c>schema migrate</c> where nothing is missing, and the effect matrix of <c>access verify</c>.</summary>
internal sealed class SchemaChecks : IMeasure
{
    private const int Runs = 10;

    public string Name => "schema-checks";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        await using var server = await PostgresServer.StartAsync();
        var connection = await server.CreateDatabaseAsync("checks");
        await new SchemaMigrator(connection).MigrateAsync();
        var migrate = await TimesAsync(async () =>
        {
            if (await new SchemaMigrator(connection).MigrateAsync() is { Count: > 0 }) throw new InvalidOperationException("Something was still to be applied.");
        });
        var access = new AccessControl(new NpgsqlConnectionStringBuilder(connection), "holdfast");
        var options = new AccessOptions(RowSecurity: true);
        await access.ApplyAsync(options, null, default);
        var cells = 0;
        var verify = await TimesAsync(async () =>
        {
            var matrix = await access.VerifyAsync(options, [], default);
            cells = matrix.IsRight ? matrix.Cells.Count : throw new InvalidOperationException("The matrix is not right.");
        });
        return
        [
            Measurement.Absolute($"`schema migrate` of a provider that lacks nothing, median of {Runs}", "ms", [.. migrate.Select(seconds => seconds * 1000)], Target.Most(300, "ms")),
            Measurement.Absolute($"`access verify` by effect with row-level security, median of {Runs}", "s", verify, Target.Most(5, "s"), $"{cells} cells"),
        ];
    }

    // The first run of a process compiles what it runs: it counts too, and shows in the spread.
    private static async Task<List<double>> TimesAsync(Func<Task> work)
    {
        var times = new List<double>();
        for (var i = 0; i < Runs; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await work();
            times.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        return times;
    }
}
