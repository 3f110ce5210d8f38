using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Holdfast.Providers.Failures;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Providers.Probing;

/// <summary>The rungs below PostgreSQL: the host's names, and a port that accepts.</summary>
internal sealed class NetworkRungs(NpgsqlConnectionStringBuilder settings, IResolver resolver)
{
    /// <exception cref="ProbeFailedException">There are addresses, but this machine has no route to any.</exception>
    public async Task<string?> ResolveAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(settings.Host)) throw new ProbeFailedException(FailureCause.Configuration, "The connection names no host.");
        var places = new List<(string Host, EndPoint EndPoint)>();
        SocketException? unknown = null;
        foreach (var (host, port) in PostgresHosts.Of(settings))
        {
            if (host is ['/' or '@', ..])
            {
                places.Add((host, new UnixDomainSocketEndPoint(Path.Combine(host, string.Create(CultureInfo.InvariantCulture, $".s.PGSQL.{port}")))));
                continue;
            }
            try
            {
                var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await resolver.ResolveAsync(host, cancellationToken).ConfigureAwait(false);
                places.AddRange(addresses.Select(address => (host, (EndPoint)new IPEndPoint(address, port))));
            }
            catch (SocketException e)
            {
                // Of several hosts one is enough.
                unknown = e;
            }
        }
        if (places.Count == 0) throw unknown ?? new SocketException((int)SocketError.HostNotFound);
        run.Places = [.. places.Where(place => place.EndPoint is not IPEndPoint ip || resolver.HasRoute(ip.Address))];
        if (run.Places.Count == 0) throw NoRoute(places);
        return string.Join(", ", run.Places.Select(place => place.EndPoint is IPEndPoint ip ? ip.Address.ToString() : place.Host));
    }

    public async Task<string?> ConnectAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        for (var i = 0; ; i++)
        {
            var (host, place) = run.Places[i];
            var socket = place is IPEndPoint ip
                ? new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
                : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(place, cancellationToken).ConfigureAwait(false);
                (run.Socket, run.Host, run.Port) = (socket, host, place is IPEndPoint accepted ? accepted.Port : settings.Port);
                return place.ToString();
            }
            catch (SocketException) when (i + 1 < run.Places.Count)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    private static ProbeFailedException NoRoute(List<(string Host, EndPoint EndPoint)> places)
    {
        var addresses = string.Join(", ", places.Select(place => ((IPEndPoint)place.EndPoint).Address));
        return places.All(place => place.EndPoint.AddressFamily == AddressFamily.InterNetworkV6)
            ? new(FailureCause.Down, $"The host {places[0].Host} has only IPv6 addresses ({addresses}) and this machine has no IPv6 route.",
                "The host has only an IPv6 address and this machine has no IPv6 route: use the provider's pooler, which has IPv4, or its IPv4 add-on.")
            : new(FailureCause.Down, $"This machine has no route to {places[0].Host} ({addresses}).", "This machine has no route there: check its own network first.");
    }
}
