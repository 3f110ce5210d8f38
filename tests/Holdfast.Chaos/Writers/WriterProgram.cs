using System.Globalization;

namespace Holdfast.Chaos.Writers;

/// <summary>
/// A process that writes and reads until it is told to stop, or killed. Its plan is the first line of its input; then come
/// <c>pause</c>, <c>resume</c>, <c>clock SECONDS</c> and <c>stop</c>. Input that ends means that its parent has died.
/// </summary>
internal static class WriterProgram
{
    public static async Task<int> RunAsync(TextReader input, Stream output)
    {
        if (await input.ReadLineAsync() is not { } line) return 2;
        var plan = WriterPlan.FromLine(line);
        var time = new ShiftedTime(plan.ClockShift);
        var reports = new WriterOutput(output);
        var gate = new PauseGate();
        using var stopping = new CancellationTokenSource();
        await using (var memory = await AgentMemory.OpenAsync(plan.Options(time)))
        {
            var lanes = new WriterLane[WriterPlan.Lanes];
            for (var i = 0; i < lanes.Length; i++) lanes[i] = await WriterLane.OpenAsync(memory, plan, i, reports);
            reports.Say(new WriterReport(Said.Ready));
            var working = Task.WhenAll(lanes.Select(lane => lane.RunAsync(gate, stopping.Token)));
            while (true)
            {
                var next = input.ReadLineAsync();
                if (await Task.WhenAny(next, working) == working) await working;
                switch ((await next)?.Split(' '))
                {
                    case null:
                        Environment.Exit(3);
                        return 3;
                    case ["pause"]:
                        await gate.CloseAsync(lanes.Length);
                        reports.Say(new WriterReport(Said.Paused));
                        continue;
                    case ["resume"]:
                        gate.Open();
                        continue;
                    case ["clock", var seconds]:
                        time.Shift = TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture));
                        continue;
                    case ["stop"]:
                        break;
                    case var other:
                        throw new InvalidOperationException($"'{string.Join(' ', other)}' is no command of a writer.");
                }
                break;
            }
            await stopping.CancelAsync();
            gate.Open();
            await working;
        }
        reports.Say(new WriterReport(Said.Bye));
        return 0;
    }
}
