using System.Net;
using System.Net.Sockets;
using Holdfast.Stores.Postgres;

namespace Holdfast.Operations.Drills;

/// <summary>
/// Stands between clients of this process and a server, on a free port of loopback, and is told at run time what to do to their
/// connections: what a broken network, a dead server or a bad moment does. TLS passes through untouched.
/// </summary>
/// <remarks>
/// A program cannot leave a connection attempt unanswered: under <see cref="FaultMode.Blackhole"/> TCP connects and then nothing comes.
/// For the same reason a server that is not there shows as a reset behind this proxy; <see cref="FaultMode.Reset"/> refuses.
/// </remarks>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<FaultConnection, Task> _connections = [];
    private readonly TimeProvider _time;
    private readonly Socket? _reservation;
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;
    private FaultCut? _cut;
    private long _delayUp, _delayDown, _bytesUp, _bytesDown, _accepted;
    private bool _isDisposed;

    private FaultProxy(string host, int port, TimeProvider time)
    {
        (TargetHost, TargetPort, _time) = (host, port, time);
        _listener = Bind(0);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        // A second socket that never listens keeps the port ours while connections are refused. Only Linux lets two share it.
        if (OperatingSystem.IsLinux()) _reservation = Bind(Port);
        Listen(_listener);
    }

    /// <summary>Starts with <see cref="FaultMode.Pass"/>. The server need not be there yet.</summary>
    public static FaultProxy Start(string host, int port, TimeProvider? time = null) => new(host, port, time ?? TimeProvider.System);

    public string TargetHost { get; }

    public int TargetPort { get; }

    /// <summary>Where clients connect, on 127.0.0.1; it stays the same through all modes.</summary>
    public int Port { get; }

    public FaultMode Mode => Gate.Mode;

    /// <summary>What requests are held up by, in every mode; 64 kB at a time.</summary>
    public TimeSpan DelayUp { get => new(Volatile.Read(ref _delayUp)); set => Volatile.Write(ref _delayUp, value.Ticks); }

    /// <summary>What answers are held up by, in every mode; 64 kB at a time.</summary>
    public TimeSpan DelayDown { get => new(Volatile.Read(ref _delayDown)); set => Volatile.Write(ref _delayDown, value.Ticks); }

    /// <summary>Connections that are open on the client's side.</summary>
    public int ConnectionCount
    {
        get { lock (_gate) return _connections.Count; }
    }

    /// <summary>Connections that were ever accepted.</summary>
    public long AcceptedCount => Volatile.Read(ref _accepted);

    /// <summary>Bytes that were handed to the server.</summary>
    public long BytesUp => Volatile.Read(ref _bytesUp);

    /// <summary>Bytes that were handed to clients.</summary>
    public long BytesDown => Volatile.Read(ref _bytesDown);

    internal FaultGate Gate { get; } = new();

    internal FaultCut? Cut => Volatile.Read(ref _cut);

    /// <summary>The same connection string, through this proxy. A certificate is then checked against 127.0.0.1 unless the caller names the host.</summary>
    public string Through(string connection)
    {
        var settings = PostgresUrl.Parse(connection);
        (settings.Host, settings.Port) = ("127.0.0.1", Port);
        return settings.ConnectionString;
    }

    /// <summary>Changes what happens to all connections from now on.</summary>
    /// <exception cref="SocketException">It is to listen again and somebody else has taken the port (not on Linux).</exception>
    public void Set(FaultMode mode)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!mode.Listens()) CloseListener();
            Gate.Set(mode);
            if (mode.Listens() && _listener is null) Listen(_listener = Bind(Port));
            if (!mode.Resets()) return;
        }
        ResetConnections();
    }

    /// <summary>Resets the connections that exist; new ones follow the mode.</summary>
    public void ResetConnections()
    {
        FaultConnection[] connections;
        lock (_gate) connections = [.. _connections.Keys];
        foreach (var connection in connections) connection.Reset();
    }

    /// <summary>
    /// Resets, once, the connection that next sends a request with this text. The task ends when that has happened; it is cancelled
    /// when another cut is asked for or the proxy goes. Connections with TLS cannot be read and are left alone.
    /// </summary>
    /// <param name="text">Whole words of the statement, for example <c>commit</c>; null: whichever request is next.</param>
    /// <param name="reachesServer">True: after the server has carried it out, its answer is lost. False: before the server hears of it.</param>
    public Task CutNext(string? text = null, bool reachesServer = true)
    {
        var cut = new FaultCut(text, reachesServer);
        Interlocked.Exchange(ref _cut, cut)?.Cancel();
        return cut.Done;
    }

    /// <summary>Resets what is open and returns when nothing of it runs any more.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_gate)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            CloseListener();
            _reservation?.Dispose();
            running = [.. _connections.Values, _accepting];
        }
        ResetConnections();
        await Task.WhenAll(running).ConfigureAwait(false);
        Interlocked.Exchange(ref _cut, null)?.Cancel();
    }

    internal void Count(FaultDirection direction, int bytes) =>
        Interlocked.Add(ref direction == FaultDirection.Up ? ref _bytesUp : ref _bytesDown, bytes);

    internal Task DelayAsync(FaultDirection direction, CancellationToken cancellationToken) =>
        (direction == FaultDirection.Up ? DelayUp : DelayDown) is { Ticks: > 0 } delay ? Task.Delay(delay, _time, cancellationToken) : Task.CompletedTask;

    private static Socket Bind(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (OperatingSystem.IsLinux()) socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    private void Listen(Socket listener)
    {
        listener.Listen(512);
        var before = _accepting;
        _accepting = Task.Run(async () =>
        {
            await before.ConfigureAwait(false);
            await AcceptAsync(listener).ConfigureAwait(false);
        });
    }

    private void CloseListener()
    {
        _listener?.Dispose();
        _listener = null;
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // Closed by a mode that refuses, or by the end. A client that gave up in the queue is no reason to end.
                if (error is SocketException { SocketErrorCode: SocketError.ConnectionAborted or SocketError.ConnectionReset }) continue;
                return;
            }
            Interlocked.Increment(ref _accepted);
            lock (_gate)
            {
                if (_isDisposed || !ReferenceEquals(listener, _listener) || Mode.Resets())
                {
                    client.Close(0);
                    continue;
                }
                var connection = new FaultConnection(this, client);
                // Not before it is listed: it takes itself off the list.
                _connections.Add(connection, Task.Run(() => RunAsync(connection)));
            }
        }
    }

    private async Task RunAsync(FaultConnection connection)
    {
        await connection.RunAsync().ConfigureAwait(false);
        lock (_gate) _connections.Remove(connection);
        connection.Dispose();
    }
}
