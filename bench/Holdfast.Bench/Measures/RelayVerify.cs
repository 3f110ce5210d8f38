using System.Diagnostics;
using System.Globalization;
using Holdfast.TestServers;

namespace Holdfast.Bench.Measures;

/// <summary>
/// <c>holdfast relay verify</c> as people run it, its start included, on three servers that hold the same rows: hashing all of them, hashing their content
/// too, and when nothing has changed since the last run.
/// </summary>
internal sealed class RelayVerify : IMeasure
{
    private static readonly string[] Names = ["first", "second", "third"];

    public string Name => "relay-verify";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        var cli = context.Options.Cli ?? throw new InvalidOperationException("Give --cli: run.sh does.");
        var (servers, home) = (new List<PostgresServer>(), Path.Combine(context.Options.Work, "relay-verify"));
        try
        {
            foreach (var _ in Names) servers.Add(await PostgresServer.StartAsync(durable: true));
            foreach (var server in servers) await LargeTable.FillAsync(server.ConnectionString, context.Options.VerifyRows);
            var rows = context.Options.VerifyRows.ToString("N0", CultureInfo.InvariantCulture);
            return
            [
                Measurement.Absolute($"`relay verify --fresh` of {rows} equal rows on three providers", "s", await SecondsAsync("--fresh"), Target.Most(5, "s"), "every row is hashed, by three servers on the cores of one machine"),
                Measurement.Absolute($"`relay verify --deep --fresh` of {rows} equal rows on three providers", "s", await SecondsAsync("--deep", "--fresh"), Target.Most(15, "s")),
                Measurement.Absolute("`relay verify` when nothing has changed since the last", "s", await SecondsAsync(), Target.Most(1, "s")),
                Measurement.Absolute("`relay verify --deep` when nothing has changed since the last", "s", await SecondsAsync("--deep"), Target.Most(1, "s")),
            ];
        }
        finally
        {
            foreach (var server in servers) await server.DisposeAsync();
        }

        async Task<List<double>> SecondsAsync(params string[] options)
        {
            var times = new List<double>();
            // The first run warms the servers up (and leaves what the next one need not hash) and does not count.
            for (var i = -1; i < context.Options.Rounds; i++)
            {
                var seconds = await RunAsync(cli, home, servers, options);
                if (i >= 0) times.Add(seconds);
            }
            return times;
        }
    }

    private static async Task<double> RunAsync(string cli, string home, List<PostgresServer> servers, string[] options)
    {
        var start = new ProcessStartInfo(cli, ["relay", "verify", .. options]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOLDFAST_HOME"] = home;
        start.Environment["DATABASE_FAILOVER_ORDER"] = string.Join(',', Names);
        for (var i = 0; i < servers.Count; i++) start.Environment[$"HOLDFAST_PROVIDER_{Names[i].ToUpperInvariant()}"] = servers[i].ConnectionString;
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return process.ExitCode == 0 && output.Contains("equal: ", StringComparison.Ordinal) ? elapsed
            : throw new InvalidOperationException($"'relay verify' ended with {process.ExitCode}: {await errors}");
    }
}
