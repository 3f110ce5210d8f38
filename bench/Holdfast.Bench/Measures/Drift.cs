using System.Diagnostics;
using Holdfast.Operations.Schema.Drift;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Stores.Migrations;
using Holdfast.TestServers;
using Npgsql;

namespace Holdfast.Bench.Measures;

/// <summary>
/// How long <c>schema drift</c> takes over three providers with 60 tables each: every catalogue read, every reference replayed
/// in a scratch schema, all compared. Once as the engine does it, once as the command's whole process where it was published.
/// </summary>
internal sealed class Drift : IMeasure
{
    private const int Tables = 60;
    private const int Runs = 10;
    private const double SecondsMax = 2;

    public string Name => "drift";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        var servers = new List<PostgresServer>();
        try
        {
            for (var i = 0; i < 3; i++) servers.Add(await PostgresServer.StartAsync());
            var migrations = Migrations();
            var targets = new List<DriftTarget>();
            foreach (var server in servers)
            {
                var connection = await server.CreateDatabaseAsync("drift");
                await BenchMigrator.Of(connection, migrations).MigrateAsync();
                targets.Add(new DriftTarget($"provider{targets.Count + 1}", new NpgsqlConnectionStringBuilder(connection)));
            }
            var check = new DriftCheck(targets, new DriftOptions { Schema = "holdfast", Migrations = migrations });
            var times = new List<double>();
            for (var i = 0; i <= Runs; i++) times.Add(await SecondsAsync(check));
            List<Measurement> results =
            [
                Measurement.Absolute($"drift over {Tables} tables on three providers, first run of a process", "s", [times[0]], Target.Most(SecondsMax, "s")),
                Measurement.Absolute($"drift over {Tables} tables on three providers, median of {Runs}", "s", times[1..], Target.Most(SecondsMax, "s")),
            ];
            if (context.Options.Cli is { } cli) results.Add(Measurement.Absolute("`holdfast schema drift`, whole process, the tables that ship, median of 5", "s", await ProcessAsync(cli, servers), Target.Most(SecondsMax, "s")));
            return results;
        }
        finally
        {
            foreach (var server in servers) await server.DisposeAsync();
        }
    }

    // What ships, and tables of the same kind up to the number.
    private static List<Migration> Migrations()
    {
        var shipped = Migration.Shipped("Postgres");
        var more = Enumerable.Range(1, Tables - Rows.Tables.All.Count).Select(i => $$"""
            create table {schema}.more_{{i}} (tenant_id text not null, id uuid not null, stamp uuid not null, user_id text, session_id text, kind text not null, content json,
              feed xid8 not null default pg_current_xact_id(), nonce bigint not null default (random() * 9007199254740991)::bigint,
              primary key (tenant_id, id), constraint more_{{i}}_kind_check check (kind in ('one', 'two')));
            create index more_{{i}}_feed_idx on {schema}.more_{{i}} (feed, tenant_id, id);
            create index more_{{i}}_user_idx on {schema}.more_{{i}} (tenant_id, user_id, stamp);
            """);
        return [.. shipped, Migration.Parse("V9001__more.sql", string.Join('\n', more))];
    }

    private static async Task<double> SecondsAsync(DriftCheck check)
    {
        var started = Stopwatch.GetTimestamp();
        var report = await check.RunAsync(CancellationToken.None);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return report.Providers.All(provider => provider.Error is null && provider.Findings.Count == 0) ? seconds
            : throw new InvalidOperationException(report.Providers.Select(provider => provider.Error?.Message).Concat(report.Findings.Select(finding => finding.Detail)).First(text => text is not null));
    }

    private static async Task<List<double>> ProcessAsync(string cli, List<PostgresServer> servers)
    {
        var home = Directory.CreateTempSubdirectory("holdfast-bench-drift-").FullName;
        try
        {
            var start = new ProcessStartInfo(cli, ["schema", "drift", "--json"]) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["HOLDFAST_HOME"] = home;
            foreach (var (server, i) in servers.Select((server, i) => (server, i)))
            {
                var connection = await server.CreateDatabaseAsync("shipped");
                await new SchemaMigrator(connection).MigrateAsync();
                start.Environment[$"HOLDFAST_PROVIDER_P{i + 1}"] = connection;
            }
            var times = new List<double>();
            for (var i = 0; i < 5; i++)
            {
                var started = Stopwatch.GetTimestamp();
                using var process = Process.Start(start)!;
                var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
                await process.WaitForExitAsync();
                times.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
                if (process.ExitCode != 0) throw new InvalidOperationException($"{await output}\n{await errors}");
            }
            return times;
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }
}
