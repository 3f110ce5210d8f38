using System.Globalization;
using Npgsql;

namespace Holdfast.TestServers;

/// <summary>A throw-away PostgreSQL on loopback with data of its own; tests keep apart by database.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string SuperUser = "holdfast";

    private readonly string _programs;
    private readonly string _root;
    private readonly bool _durable;
    private ServerProcess? _process;
    private int _databases;

    private PostgresServer(string programs, string root, bool durable)
    {
        _programs = programs;
        _root = root;
        _durable = durable;
    }

    public int Port { get; private set; }

    public string DataFolder => Path.Combine(_root, "data");

    public string ConnectionString => Connection("postgres");

    public int ProcessId => Running.Id;

    public ServerProcess Running => _process ?? throw new InvalidOperationException("The server was stopped.");

    /// <param name="version">Which PostgreSQL.</param>
    /// <param name="durable">True: commits are on the disk, for tests that kill the server.</param>
    public static async Task<PostgresServer> StartAsync(PostgresVersion version = PostgresVersion.Debian, bool durable = false)
    {
        var programs = PostgresPrograms.Folder(version);
        var server = new PostgresServer(programs, await ServerAccount.FolderAsync("holdfast-pg-"), durable);
        await ServerAccount.RunAsync(Path.Combine(programs, "initdb"), "-D", server.DataFolder, "-U", SuperUser, "-A", "trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8");
        await server.StartAgainAsync();
        return server;
    }

    public async Task StartAgainAsync()
    {
        // Between finding a port and taking it somebody else may; the server says so and another one is tried.
        for (var attempt = 0; ; attempt++)
        {
            Port = Port == 0 || attempt > 0 ? Ports.Free() : Port;
            _process = await ServerProcess.StartAsync(Path.Combine(_programs, "postgres"), [.. Arguments()]);
            await Wait.UntilAsync(async () => _process.HasExited || await AnswersAsync(), "PostgreSQL answers", details: () => _process.Log);
            if (!_process.HasExited) return;
            if (attempt == 5) throw new InvalidOperationException($"PostgreSQL does not start: {_process.Log}");
        }
    }

    /// <summary>Creates a database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _databases)}");
        await ExecuteAsync(ConnectionString, $"create database {name}");
        return Connection(name);
    }

    public string Connection(string database) => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username={SuperUser};Database={database}");

    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Ends it in order (SIGINT: PostgreSQL's fast shutdown).</summary>
    public Task StopAsync() => Running.StopAsync(PosixSignal.Interrupt);

    /// <summary>Ends it as a power cut does: SIGKILL for the postmaster, and its children follow.</summary>
    public Task KillAsync() => Running.StopAsync(PosixSignal.Kill);

    public async ValueTask DisposeAsync()
    {
        // SIGQUIT: at once, but the postmaster takes its children along.
        if (_process is not null)
        {
            await _process.StopAsync(PosixSignal.Quit);
            await _process.DisposeAsync();
        }
        Directory.Delete(_root, recursive: true);
    }

    private IEnumerable<string> Arguments()
    {
        yield return "-D";
        yield return DataFolder;
        var off = _durable ? "on" : "off";
        foreach (var (name, value) in new[]
        {
            ("listen_addresses", "127.0.0.1"), ("port", Port.ToString(CultureInfo.InvariantCulture)), ("unix_socket_directories", ""),
            ("max_connections", "200"), ("timezone", "UTC"), ("shared_buffers", "64MB"), ("fsync", off), ("full_page_writes", off),
            ("synchronous_commit", off), ("max_prepared_transactions", "10"), ("logging_collector", "off"),
        })
        {
            yield return "-c";
            yield return $"{name}={value}";
        }
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Timeout=5");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
