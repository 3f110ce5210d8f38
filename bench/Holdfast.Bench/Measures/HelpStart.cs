using System.Diagnostics;

namespace Holdfast.Bench.Measures;

/// <summary>How long the published command line takes to print its help: what every call of it pays.</summary>
internal sealed class HelpStart : IMeasure
{
    private const int Runs = 20;

    public string Name => "help";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        if (context.Options.Cli is not { } cli) return [];
        await RunAsync(cli);
        var times = new List<double>();
        for (var i = 0; i < Runs; i++) times.Add(await RunAsync(cli));
        return [Measurement.Absolute("published `holdfast --help` (ReadyToRun), median of 20", "ms", times, Target.Most(200, "ms"))];
    }

    private static async Task<double> RunAsync(string cli)
    {
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(cli, ["--help"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return process.ExitCode == 0 && output.Length > 0 ? elapsed : throw new InvalidOperationException($"'{cli} --help' ended with {process.ExitCode}.");
    }
}
