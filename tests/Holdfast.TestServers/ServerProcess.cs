using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Holdfast.TestServers;

/// <summary>What a server can be told (the numbers are Linux's).</summary>
public enum PosixSignal
{
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

/// <summary>A server that this process started: its output is kept for error messages, and it is stopped by its own id.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    // The parent-death signal follows the thread that forked; a thread of the pool may end long before the process does.
    private static readonly System.Collections.Concurrent.BlockingCollection<Action> Forks = StartForker();

    private readonly Process _process;
    private readonly StringBuilder _log = new();

    private ServerProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Log
    {
        get { lock (_log) return _log.ToString(); }
    }

    public static async Task<ServerProcess> StartAsync(string program, params string[] arguments)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Forks.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(ServerAccount.Start(program, arguments, bound: true))!);
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        });
        return new ServerProcess(await started.Task);
    }

    /// <summary>Sends a signal to this server only.</summary>
    public void Signal(PosixSignal signal)
    {
        // The process may end by itself in between: that is what was wanted.
        if (kill(Id, (int)signal) != 0 && Marshal.GetLastPInvokeError() != NoSuchProcess)
            throw new InvalidOperationException($"Signal {signal} to {Id} failed with errno {Marshal.GetLastPInvokeError()}.");
    }

    public async Task StopAsync(PosixSignal signal)
    {
        if (!_process.HasExited) Signal(signal);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(PosixSignal.Kill);
        _process.Dispose();
    }

    private const int NoSuchProcess = 3;

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int process, int signal);

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_log)
        {
            _log.AppendLine(line);
            if (_log.Length > 40_000) _log.Remove(0, 20_000);
        }
    }

    private static System.Collections.Concurrent.BlockingCollection<Action> StartForker()
    {
        var forks = new System.Collections.Concurrent.BlockingCollection<Action>();
        new Thread(() => { foreach (var fork in forks.GetConsumingEnumerable()) fork(); }) { IsBackground = true, Name = "forks servers" }.Start();
        return forks;
    }
}
