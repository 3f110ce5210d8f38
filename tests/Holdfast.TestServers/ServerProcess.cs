using System.Collections.Concurrent;
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
    private const int NoSuchProcess = 3;

    // The parent-death signal follows the thread that forked; a thread of the pool may end long before the process does.
    private static readonly BlockingCollection<Action> Forks = StartForker();

    private readonly Process _process;
    private readonly StringBuilder _log = new();

    private ServerProcess(Process process)
    {
        _process = process;
        Leftovers.Add(this);
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
    public void Signal(PosixSignal signal) => Signal(Id, signal);

    public async Task StopAsync(PosixSignal signal)
    {
        if (!_process.HasExited) Signal(signal);
        // Returns when the output is read to its end too: no process that inherited it is left, and the log is whole.
        await _process.WaitForExitAsync();
    }

    /// <summary>
    /// Ends the server and all processes that it started at the same moment, as a power cut does. Killing the first alone is not that:
    /// PostgreSQL's backends finish what they are at, and the memory that they share refuses the next start meanwhile.
    /// </summary>
    public async Task KillWithChildrenAsync()
    {
        KillWithChildren();
        await _process.WaitForExitAsync();
    }

    /// <summary>Stops it and its children where they are, as a hung machine does: connections stay, nothing answers. A child that is stopped alone leaves the others working.</summary>
    public void Freeze()
    {
        foreach (var process in Stopped()) Signal(process, PosixSignal.Stop);
        Spin(() => ProcessTree.Children(Id).All(ProcessTree.IsStopped), "its children stop");
    }

    /// <summary>Goes on where <see cref="Freeze"/> stopped it; nothing happens to one that was not.</summary>
    public void Thaw()
    {
        if (_process.HasExited) return;
        // The children first: the first process would take note of stopped ones otherwise.
        foreach (var child in ProcessTree.Children(Id)) Signal(child, PosixSignal.Continue);
        Signal(PosixSignal.Continue);
    }

    public async ValueTask DisposeAsync()
    {
        await KillWithChildrenAsync();
        Leftovers.Remove(this);
        _process.Dispose();
    }

    // Not async: the end of the process waits for it too, when nothing asynchronous runs any more.
    internal void KillWithChildren()
    {
        if (_process.HasExited) return;
        var children = Stopped();
        foreach (var child in children) Signal(child, PosixSignal.Kill);
        Spin(() => !children.Any(ProcessTree.Runs), "its children end");
        Signal(PosixSignal.Kill);
        Spin(() => _process.HasExited, "it ends");
    }

    // Stopped, it neither starts children nor takes note of those that end, so no id of theirs is given away meanwhile.
    private int[] Stopped()
    {
        Signal(PosixSignal.Stop);
        Spin(() => ProcessTree.IsStopped(Id), "it stops");
        return ProcessTree.Children(Id);
    }

    private void Spin(Func<bool> condition, string what)
    {
        if (!SpinWait.SpinUntil(condition, Wait.Default)) throw new TimeoutException($"Server {Id}: waited in vain until {what}. {Log}");
    }

    private static void Signal(int process, PosixSignal signal)
    {
        // The process may end by itself in between: that is what was wanted.
        if (kill(process, (int)signal) != 0 && Marshal.GetLastPInvokeError() != NoSuchProcess)
            throw new InvalidOperationException($"Signal {signal} to {process} failed with errno {Marshal.GetLastPInvokeError()}.");
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int process, int signal);

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_log)
        {
            _log.AppendLine(line);
            if (_log.Length > 4_000_000) _log.Remove(0, 2_000_000);
        }
    }

    private static BlockingCollection<Action> StartForker()
    {
        var forks = new BlockingCollection<Action>();
        new Thread(() => { foreach (var fork in forks.GetConsumingEnumerable()) fork(); }) { IsBackground = true, Name = "forks servers" }.Start();
        return forks;
    }
}
