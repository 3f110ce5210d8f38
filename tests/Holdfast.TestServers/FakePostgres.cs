using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.TestServers;

/// <summary>Accepts connections and answers the startup with one error, as a provider's proxy does; or says nothing at all.</summary>
public sealed class FakePostgres : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly (string State, string Text)? _answer;
    private readonly Task _accepting;
    private int _startups;

    private FakePostgres((string, string)? answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string ConnectionString => $"Host=127.0.0.1;Port={Port};Username=app;Password=secret;Database=app";

    /// <summary>Startups that were answered: each of them is a try of a password, seen from the server.</summary>
    public int StartupCount => Volatile.Read(ref _startups);

    /// <summary>Answers every startup with FATAL, this SQLSTATE and this text.</summary>
    public static FakePostgres Refusing(string state, string text) => new((state, text));

    /// <summary>Accepts and stays silent.</summary>
    public static FakePostgres Silent() => new(null);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var clients = new List<Task>();
        try
        {
            while (true) clients.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It was stopped.
            await Task.WhenAll(clients);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            var stream = client.GetStream();
            while (true)
            {
                var length = new byte[4];
                await stream.ReadExactlyAsync(length, _stop.Token);
                var body = new byte[BinaryPrimitives.ReadInt32BigEndian(length) - 4];
                await stream.ReadExactlyAsync(body, _stop.Token);
                if (_answer is not { } answer) continue;
                var code = BinaryPrimitives.ReadInt32BigEndian(body);
                // SSLRequest and GSSENCRequest are refused by one byte; then the client sends its startup.
                if (code is 80877103 or 80877104)
                {
                    await stream.WriteAsync("N"u8.ToArray(), _stop.Token);
                    continue;
                }
                Interlocked.Increment(ref _startups);
                await stream.WriteAsync(Error(answer.State, answer.Text), _stop.Token);
                return;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client has gone, or the test is over.
        }
    }

    private static byte[] Error(string state, string text)
    {
        var fields = Encoding.UTF8.GetBytes($"SFATAL\0VFATAL\0C{state}\0M{text}\0\0");
        var message = new byte[fields.Length + 5];
        message[0] = (byte)'E';
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), fields.Length + 4);
        fields.CopyTo(message, 5);
        return message;
    }
}
