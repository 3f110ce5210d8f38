using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace Holdfast.Operations.Tests.Access;

/// <summary>
/// A real server whose provider keeps a copy of every role, as Neon does: it hears of a transaction's roles at the commit, and when it does not want them
/// the commit ends with XX000 and everything is rolled back.
/// </summary>
internal sealed class ManagedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _port;
    private readonly Func<bool, string?> _refuse;
    private readonly List<Task> _clients = [];
    private readonly Task _accepting;

    /// <param name="port">The server's, on loopback.</param>
    /// <param name="refuse">What the provider says to a commit, by whether the transaction gave a role a password that was hashed already; null: nothing.</param>
    public ManagedServer(int port, Func<bool, string?> refuse)
    {
        (_port, _refuse) = (port, refuse);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Commits that were refused.</summary>
    public int Refused { get; private set; }

    public string Through(string connection) => new NpgsqlConnectionStringBuilder(connection) { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port, Pooling = false }.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_clients);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _clients.Add(ServeAsync(await _listener.AcceptTcpClientAsync()));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It was stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        try
        {
            using (client)
            {
                client.NoDelay = true;
                await server.ConnectAsync(IPAddress.Loopback, _port);
                var (up, down) = (UpAsync(client.GetStream(), server.GetStream()), server.GetStream().CopyToAsync(client.GetStream()));
                await Task.WhenAny(up, down);
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // One of the two has gone.
        }
    }

    private async Task UpAsync(NetworkStream client, NetworkStream server)
    {
        var (isStartup, isHashed) = (true, false);
        while (true)
        {
            // Messages have a letter before their length, but for those before the session begins.
            var head = new byte[isStartup ? 4 : 5];
            await client.ReadExactlyAsync(head);
            var body = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(head.Length - 4)) - 4];
            await client.ReadExactlyAsync(body);
            if (isStartup) isStartup = BinaryPrimitives.ReadInt32BigEndian(body) is 80877103 or 80877104;
            else
            {
                var text = Encoding.UTF8.GetString(body);
                isHashed |= text.Contains("password 'SCRAM-SHA-256$", StringComparison.Ordinal);
                if (head[0] == 'Q' && text.StartsWith("COMMIT", StringComparison.OrdinalIgnoreCase))
                {
                    if (_refuse(isHashed) is { } words)
                    {
                        Refused++;
                        (head, body) = Query($"rollback; do $$ begin raise exception '{words}' using errcode = 'XX000'; end $$");
                    }
                    isHashed = false;
                }
            }
            await server.WriteAsync(head);
            await server.WriteAsync(body);
        }
    }

    private static (byte[] Head, byte[] Body) Query(string sql)
    {
        var (head, body) = (new byte[5], Encoding.UTF8.GetBytes(sql + "\0"));
        head[0] = (byte)'Q';
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(1), body.Length + 4);
        return (head, body);
    }
}
