using System.Diagnostics;
using System.Text;

namespace Holdfast.Chaos.Writers;

/// <summary>
/// A writer's reports on their way out. Unbuffered: what stands in this stream has left the process, and a line is one write,
/// so that a kill tears at most the last.
/// </summary>
internal sealed class WriterOutput(Stream output)
{
    private readonly Lock _gate = new();
    private int _number;

    public void Say(WriterReport report)
    {
        var line = Encoding.UTF8.GetBytes(report.ToLine() + "\n");
        lock (_gate)
        {
            output.Write(line);
            output.Flush();
        }
    }

    /// <summary>Reports a write before it begins and when it is answered.</summary>
    /// <param name="intent">What is to be written.</param>
    /// <param name="write">The write; it answers with the row's id and stamp.</param>
    /// <returns>The answer; null: it was not acknowledged.</returns>
    public async Task<(Guid Id, Guid Stamp)?> ReportAsync(WriterReport intent, Func<Task<(Guid Id, Guid Stamp, string Detail)>> write)
    {
        var number = Interlocked.Increment(ref _number);
        Say(intent with { Number = number });
        var started = Stopwatch.GetTimestamp();
        try
        {
            var (id, stamp, detail) = await write();
            Say(new WriterReport(Said.Ok) { Number = number, Id = id, Stamp = stamp, Detail = detail, Milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds });
            return (id, stamp);
        }
        catch (HoldfastException e)
        {
            // These are promised to have written nothing. Every other error leaves it open.
            var said = e is InvalidInputException or RevisionConflictException or WritesFrozenException ? Said.Fail : Said.Info;
            Say(new WriterReport(said) { Number = number, Detail = $"{e.GetType().Name}: {e.Message}", Milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds });
            return null;
        }
    }
}
