using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Holdfast.Chaos.Ledgers;
using Holdfast.TestServers;
using PosixSignal = Holdfast.TestServers.PosixSignal;

namespace Holdfast.Chaos.Writers;

/// <summary>A writer seen from outside: started, told things, stopped by signals; what it reports goes to the ledger at once.</summary>
internal sealed class WriterProcess : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<int, Process> Running = new();

    private readonly Process _process;
    private readonly Task _reading;
    private readonly Task<string> _errors;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _paused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _leftInOrder;

    static WriterProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var process in Running.Values) process.Kill();
    };

    private WriterProcess(Process process, WriterPlan plan, Ledger ledger)
    {
        (_process, Plan) = (process, plan);
        Running[process.Id] = process;
        _errors = process.StandardError.ReadToEndAsync();
        _reading = ReadAsync(ledger);
    }

    public WriterPlan Plan { get; }

    /// <summary>True: it has answered to <c>stop</c> and closed its memory.</summary>
    public bool LeftInOrder => _leftInOrder;

    public static WriterProcess Start(WriterPlan plan, Ledger ledger)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Holdfast.Chaos.dll"), "writer"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        // Several of them share few processors with three servers.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_TieredCompilation"] = "1";
        var process = new WriterProcess(Process.Start(start)!, plan, ledger);
        process.Tell(plan.ToLine());
        return process;
    }

    public Task ReadyAsync() => AnsweredAsync(_ready.Task, "opens its memory");

    public Task PauseAsync()
    {
        _paused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Tell("pause");
        return AnsweredAsync(_paused.Task, "pauses");
    }

    public void Resume() => Tell("resume");

    public void ShiftClock(TimeSpan shift) => Tell(string.Create(CultureInfo.InvariantCulture, $"clock {(int)shift.TotalSeconds}"));

    public void Freeze() => Signal(PosixSignal.Stop);

    public void Thaw() => Signal(PosixSignal.Continue);

    /// <summary>Ends it as the kernel does; what it had said until then is in the ledger when this returns.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
    }

    /// <summary>Lets it end by itself.</summary>
    public async Task StopAsync()
    {
        Tell("stop");
        await _process.WaitForExitAsync().WaitAsync(Wait.Default);
        await _reading;
        if (!LeftInOrder) throw new InvalidOperationException($"Writer {Plan.Writer} ended with {_process.ExitCode} and without a word: {await _errors}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        Running.TryRemove(_process.Id, out _);
        _process.Dispose();
    }

    private async Task AnsweredAsync(Task answer, string what)
    {
        var ended = _process.WaitForExitAsync();
        await Task.WhenAny(answer, ended).WaitAsync(Wait.Default);
        if (!answer.IsCompleted) throw new InvalidOperationException($"Writer {Plan.Writer} ended with {_process.ExitCode} instead of: {what}. {await _errors}");
    }

    private void Tell(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    private async Task ReadAsync(Ledger ledger)
    {
        var text = new char[64 * 1024];
        var rest = "";
        int count;
        while ((count = await _process.StandardOutput.ReadAsync(text)) > 0)
        {
            var lines = (rest + new string(text, 0, count)).Split('\n');
            // What follows the last line's end is either still to come or was torn by a kill.
            rest = lines[^1];
            foreach (var line in lines[..^1]) Take(WriterReport.FromLine(line), ledger);
        }
    }

    private void Take(WriterReport report, Ledger ledger)
    {
        ledger.Add(Plan.Writer, Plan.Life, report);
        if (report.Said == Said.Ready) _ready.TrySetResult();
        if (report.Said == Said.Paused) _paused.TrySetResult();
        if (report.Said == Said.Bye) _leftInOrder = true;
    }

    private void Signal(PosixSignal signal)
    {
        if (kill(_process.Id, (int)signal) != 0) throw new InvalidOperationException($"Signal {signal} to writer {Plan.Writer} failed with errno {Marshal.GetLastPInvokeError()}.");
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int process, int signal);
}
