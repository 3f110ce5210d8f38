using System.Globalization;
using Holdfast.Operations.Schema.Constraints;
using Holdfast.Operations.Schema.Sessions;
using Holdfast.TestServers;
using Npgsql;

namespace Holdfast.Bench.Measures;

/// <summary>
/// A CHECK replaced on a large table while an application writes to it: ours against <c>drop constraint, add constraint</c> ("raw"), which reads the
/// whole table with everybody locked out.
/// </summary>
internal sealed class ConstraintChange : IMeasure
{
    private const string Table = "holdfast.session_memories";

    private static readonly ExpectedCheck Expected = ExpectedCheck.All.Single(check => check.Name == "session_memories_memory_type_check");

    public string Name => "constraint-fix";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        var rows = context.Options.LargeRows ?? 1_000_000;
        await using var server = await PostgresServer.StartAsync(durable: true);
        await LargeTable.FillAsync(server.ConnectionString, rows);
        var settings = new NpgsqlConnectionStringBuilder(server.ConnectionString);
        var (exclusive, stalls, longest) = (new List<Round>(), new List<Round>(), new List<double>());
        // The first round warms the server up and does not count.
        for (var i = -1; i < context.Options.Rounds; i++)
        {
            var ours = await BesideAppAsync(settings, OursAsync);
            var naive = await BesideAppAsync(settings, NaiveAsync);
            if (i < 0) continue;
            exclusive.Add(new Round(ours.Exclusive, naive.Exclusive));
            stalls.Add(new Round(ours.Stall, naive.Stall));
            longest.Add(ours.Exclusive);
        }
        var count = rows.ToString("N0", CultureInfo.InvariantCulture);
        return
        [
            Measurement.Absolute($"`schema constraint fix` of {count} rows: the longest lock that keeps everybody out", "ms", longest, Target.Most(50, "ms"), $"the longest of all rounds: {Figure.Of(longest.Max())} ms"),
            Measurement.Ratio("… against `drop constraint, add constraint`", "ms", exclusive, Target.Most(0.2)),
            Measurement.Ratio("… the longest call of an application beside it (3 writers, 1 reader), against the same", "ms", stalls, Target.Most(1)),
        ];
    }

    private static async Task<(double Exclusive, double Stall)> BesideAppAsync(NpgsqlConnectionStringBuilder settings, Func<NpgsqlConnectionStringBuilder, Task<double>> change)
    {
        await using var app = await AppLoop.StartAsync(settings.ConnectionString);
        var exclusive = await change(settings);
        return (exclusive, (await app.StopAsync()).Max());
    }

    private static async Task<double> OursAsync(NpgsqlConnectionStringBuilder settings)
    {
        await PostgresServer.ExecuteAsync(settings.ConnectionString, $"alter table {Table} drop constraint {Expected.Name}, add constraint valid_memory_type check (memory_type in ('message_user', 'log')) not valid");
        var report = await new ConstraintFix(settings, "holdfast").RunAsync([Expected], null, CancellationToken.None);
        return report.Steps is [.., { Kind: FixStepKind.Swap }] ? report.Steps.Max(step => step.ExclusiveMilliseconds!.Value) : throw new InvalidOperationException("Nothing was repaired.");
    }

    private static async Task<double> NaiveAsync(NpgsqlConnectionStringBuilder settings)
    {
        await using var session = await ControlSession.OpenAsync(settings, "bench", null, CancellationToken.None);
        return await ExclusiveStep.RunAsync(session, Table, [$"alter table {Table} drop constraint {Expected.Name}", $"alter table {Table} add constraint {Expected.Name} check ({Expected.Condition})"], CancellationToken.None);
    }
}
