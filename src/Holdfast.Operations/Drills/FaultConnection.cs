using System.Net.Sockets;

namespace Holdfast.Operations.Drills;

/// <summary>One client's connection through a <see cref="FaultProxy"/>: two sockets and a pipe each way.</summary>
internal sealed class FaultConnection(FaultProxy proxy, Socket client) : IDisposable
{
    private readonly Socket _server = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Ends when both sides have ended, or with <see cref="Reset"/>; it does not throw.</summary>
    public async Task RunAsync()
    {
        try
        {
            client.NoDelay = true;
            if (await TryConnectAsync().ConfigureAwait(false)) await ForwardAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side has gone, or a reset was asked for: the other side hears of it just below.
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Ends both sides with a TCP reset, also while their bytes are held.</summary>
    public void Reset()
    {
        client.Close(0);
        _server.Close(0);
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself in between.
        }
    }

    public void Dispose()
    {
        client.Dispose();
        _server.Dispose();
        _stop.Dispose();
    }

    private async Task<bool> TryConnectAsync()
    {
        await proxy.Gate.WaitAsync(mode => mode != FaultMode.Blackhole, _stop.Token).ConfigureAwait(false);
        if (proxy.Mode.Resets()) return false;
        try
        {
            await _server.ConnectAsync(proxy.TargetHost, proxy.TargetPort, _stop.Token).ConfigureAwait(false);
            return true;
        }
        catch (SocketException)
        {
            await proxy.Gate.WaitAsync(mode => mode.PassesEnd(FaultDirection.Down), _stop.Token).ConfigureAwait(false);
            return false;
        }
    }

    private async Task ForwardAsync()
    {
        var requests = new ClientRequests();
        var answers = new ServerAnswers(requests);
        var up = new FaultPipe(proxy, FaultDirection.Up, client, _server) { Inspect = bytes => InspectRequest(bytes, requests, answers) };
        var down = new FaultPipe(proxy, FaultDirection.Down, _server, client)
        {
            Inspect = bytes =>
            {
                var held = answers.AreHeld;
                answers.Read(bytes.Span);
                return (held ? 0 : -1, null);
            },
        };
        await Task.WhenAll(RunAsync(up), RunAsync(down, answers.End)).ConfigureAwait(false);
    }

    private (int Count, Func<Task>? Then) InspectRequest(ReadOnlyMemory<byte> bytes, ClientRequests requests, ServerAnswers answers)
    {
        var cut = proxy.Cut;
        var end = requests.Read(bytes.Span, cut);
        if (end < 0 || cut is null) return (-1, null);
        var answered = cut.ReachesServer ? answers.HoldUntilAnswered(requests.Count) : Task.CompletedTask;
        return (cut.ReachesServer ? end : 0, async () =>
        {
            await answered.WaitAsync(_stop.Token).ConfigureAwait(false);
            Reset();
            cut.Complete();
        });
    }

    // What ends one way by an error ends the other way too.
    private async Task RunAsync(FaultPipe pipe, Action? ended = null)
    {
        try
        {
            await pipe.RunAsync(_stop.Token).ConfigureAwait(false);
            ended?.Invoke();
        }
        catch
        {
            ended?.Invoke();
            Reset();
            throw;
        }
    }
}
