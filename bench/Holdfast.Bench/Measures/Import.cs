using System.Diagnostics;
using System.Globalization;
using Holdfast.Rows;

namespace Holdfast.Bench.Measures;

/// <summary>
/// A million messages, in slices that take turns with COPY into the same table, so that both meet the same sizes of the
/// indexes. Ours reads JSONL, in a process of its own whose peak memory is read from the kernel; COPY is handed the rows as
/// an import makes them (with ids from keys, which scatter over the primary key) and parses nothing.
/// </summary>
internal sealed class Import : IMeasure
{
    private const int Slices = 10;
    private const int Sessions = 100;
    private const double PeakMegabytesMax = 250;

    public string Name => "import";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        await context.EmptyAsync();
        await using var raw = context.Raw(pooled: false);
        using var child = Start(context.Options.Direct!);
        var rowsPerSlice = context.Options.ImportRows / Slices;
        var file = Path.Combine(context.Options.Work, $"holdfast-bench-import-{Environment.ProcessId}.jsonl");
        var clock = new Clock();
        var rounds = new List<Round>();
        for (var slice = 0; slice < Slices; slice++)
        {
            var first = slice * rowsPerSlice;
            await File.WriteAllLinesAsync(file, Enumerable.Range(first, rowsPerSlice).Select(Line));
            var ours = 0d;
            if (slice % 2 == 0) ours = rowsPerSlice / await AskAsync(child, file);
            var started = Stopwatch.GetTimestamp();
            await RawRows.CopyAsync(raw, Enumerable.Range(first, rowsPerSlice).Select(i => Copied(clock, i)));
            var copied = rowsPerSlice / Stopwatch.GetElapsedTime(started).TotalSeconds;
            if (slice % 2 == 1) ours = rowsPerSlice / await AskAsync(child, file);
            rounds.Add(new Round(ours, copied));
        }
        File.Delete(file);
        var peak = await AskAsync(child, "");
        await child.WaitForExitAsync();
        var total = new Round(Slices / rounds.Sum(round => 1 / round.Ours), Slices / rounds.Sum(round => 1 / round.Raw));
        return
        [
            new Measurement($"import of {context.Options.ImportRows:N0} messages, against COPY", "messages/s", total.Ours, total.Raw, total.Ratio, Target.Least(0.6), rounds, "The ratio is of the whole million."),
            Measurement.Absolute("import, peak memory of the process", "MB", [peak], Target.Most(PeakMegabytesMax, "MB")),
        ];
    }

    private static string Line(int i) =>
        $$"""{"user_id":"user","session_id":"imported-{{i % Sessions}}","role":"user","content":"{{Messages.Text(i)}}","created_at":"2026-01-01T00:00:00Z","id":"message-{{i}}"}""";

    private static Row Copied(Clock clock, int i)
    {
        var session = $"copied-{i % Sessions}";
        var key = $"message-{i}";
        return Messages.Row(clock, session, i) with { Key = key, Id = RowId.FromKey(Messages.Tenant, Tables.SessionMemories.Name, session, key) };
    }

    private static Process Start(string connection) => Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["--import-child", "--direct", connection])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    private static async Task<double> AskAsync(Process child, string question)
    {
        await child.StandardInput.WriteLineAsync(question);
        await child.StandardInput.FlushAsync();
        var answer = await child.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The importing process has ended.");
        return double.Parse(answer, CultureInfo.InvariantCulture);
    }
}
