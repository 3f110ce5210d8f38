using System.Diagnostics;
using System.Globalization;
using Holdfast.Rows;

namespace Holdfast.Bench.Measures;

/// <summary>
/// A million messages, in slices that take turns with COPY into the same table, so that both meet the same sizes of the
/// indexes. Ours runs in a process of its own, whose peak memory is read from the kernel.
/// </summary>
internal sealed class Import : IMeasure
{
    private const int Slices = 10;
    private const double PeakMegabytesMax = 250;

    public string Name => "import";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        await context.EmptyAsync();
        await using var raw = context.Raw(pooled: false);
        using var child = Start(context.Options.Direct!);
        var rowsPerSlice = context.Options.ImportRows / Slices;
        var clock = new Clock();
        var rounds = new List<Round>();
        for (var slice = 0; slice < Slices; slice++)
        {
            var ours = 0d;
            if (slice % 2 == 0) ours = await AskAsync(child, rowsPerSlice);
            var started = Stopwatch.GetTimestamp();
            await RawRows.CopyAsync(raw, Enumerable.Range(0, rowsPerSlice).Select(i => Messages.Row(clock, "copied", i)));
            var copied = rowsPerSlice / Stopwatch.GetElapsedTime(started).TotalSeconds;
            if (slice % 2 == 1) ours = await AskAsync(child, rowsPerSlice);
            rounds.Add(new Round(ours, copied));
        }
        var peak = await AskAsync(child, 0);
        await child.WaitForExitAsync();
        var total = new Round(Slices / rounds.Sum(round => 1 / round.Ours), Slices / rounds.Sum(round => 1 / round.Raw));
        return
        [
            new Measurement($"import of {context.Options.ImportRows:N0} messages, against COPY", "messages/s", total.Ours, total.Raw, total.Ratio, Target.Least(0.6), rounds, "The ratio is of the whole million."),
            Measurement.Absolute("import, peak memory of the process", "MB", [peak], Target.Most(PeakMegabytesMax, "MB")),
        ];
    }

    private static Process Start(string connection) => Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["--import-child", "--direct", connection])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    private static async Task<double> AskAsync(Process child, int rows)
    {
        await child.StandardInput.WriteLineAsync(rows.ToString(CultureInfo.InvariantCulture));
        await child.StandardInput.FlushAsync();
        var answer = await child.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The importing process has ended.");
        return double.Parse(answer, CultureInfo.InvariantCulture);
    }
}
