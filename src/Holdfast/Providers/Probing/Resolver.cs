using System.Net;
using System.Net.Sockets;

namespace Holdfast.Providers.Probing;

/// <summary>Turns names into addresses and knows which of them this machine can send to.</summary>
internal interface IResolver
{
    Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken);

    bool HasRoute(IPAddress address);
}

/// <summary>This machine's resolver and routes.</summary>
internal sealed class Resolver : IResolver
{
    public static readonly Resolver Machine = new();

    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => Dns.GetHostAddressesAsync(host, cancellationToken);

    public bool HasRoute(IPAddress address)
    {
        try
        {
            // Connecting a datagram socket sends nothing: the kernel only looks for a route.
            using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(address, 5432);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
