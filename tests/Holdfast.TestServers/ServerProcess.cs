using System.Diagnostics;
using System.Text;

namespace Holdfast.TestServers;

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
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start(new ProcessStartInfo("kill", ["-s", signal, Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))!;
        await kill.WaitForExitAsync();
    }

    public async Task StopAsync(string signal)
    {
        if (!_process.HasExited) await SignalAsync(signal);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync("KILL");
        _process.Dispose();
    }

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
