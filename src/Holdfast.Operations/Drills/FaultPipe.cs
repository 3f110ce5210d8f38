using System.Net.Sockets;

namespace Holdfast.Operations.Drills;

/// <summary>Carries bytes one way, as far as the mode allows.</summary>
internal sealed class FaultPipe(FaultProxy proxy, FaultDirection direction, Socket from, Socket to)
{
    private readonly byte[] _buffer = new byte[64 * 1024];

    /// <summary>Bytes as they come in, before anything is done to them; it gives how many of them are forwarded, -1 for "all", and what is done after that.</summary>
    public required Func<ReadOnlyMemory<byte>, (int Count, Func<Task>? Then)> Inspect { get; init; }

    /// <summary>Returns when the sender has ended orderly and the receiver was told so.</summary>
    /// <exception cref="SocketException">One of the two is gone.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var count = await ReceiveAsync(cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                await proxy.Gate.WaitAsync(mode => mode.PassesEnd(direction), cancellationToken).ConfigureAwait(false);
                to.Shutdown(SocketShutdown.Send);
                return;
            }
            await proxy.Gate.WaitAsync(mode => mode.Passes(direction), cancellationToken).ConfigureAwait(false);
            await proxy.DelayAsync(direction, cancellationToken).ConfigureAwait(false);
            // A mode that came during the delay holds for these bytes too.
            await proxy.Gate.WaitAsync(mode => mode.Passes(direction), cancellationToken).ConfigureAwait(false);
            var (forwarded, then) = Inspect(_buffer.AsMemory(0, count));
            await SendAsync(_buffer.AsMemory(0, forwarded < 0 ? count : forwarded), cancellationToken).ConfigureAwait(false);
            if (then is not null) await then().ConfigureAwait(false);
        }
    }

    private async Task<int> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await from.ReceiveAsync(_buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // A reset is an end too, and does not get through where an end does not.
            await proxy.Gate.WaitAsync(mode => mode.PassesEnd(direction), cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                var piece = proxy.Mode == FaultMode.SlowBytes ? bytes[..1] : bytes;
                var sent = await to.SendAsync(piece, cancellationToken).ConfigureAwait(false);
                proxy.Count(direction, sent);
                bytes = bytes[sent..];
            }
        }
        catch (SocketException) when (proxy.Mode == FaultMode.HalfOpen && direction == FaultDirection.Up)
        {
            // The server has gone and the client must not hear of it: what it sends is lost.
        }
    }
}
