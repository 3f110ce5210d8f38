using System.Globalization;
using Npgsql;

namespace Holdfast.TestServers;

/// <summary>A throw-away PostgreSQL on loopback with data of its own; tests keep apart by database.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
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

    private IReadOnlyList<string> Settings { get; init; } = [];

    public ServerProcess Running => _process ?? throw new InvalidOperationException("The server was not started.");

    /// <param name="version">Which PostgreSQL.</param>
    /// <param name="durable">True: commits are on the disk, for tests that kill the server.</param>
    /// <param name="distinctIdentity">True: a system identifier of its own, for tests that tell servers apart by it. Takes seconds.</param>
    /// <param name="settings">Server settings (<c>name=value</c>) over the usual ones.</param>
    public static async Task<PostgresServer> StartAsync(
        PostgresVersion version = PostgresVersion.Debian, bool durable = false, bool distinctIdentity = false, IReadOnlyList<string>? settings = null)
    {
        var programs = PostgresPrograms.Folder(version);
        var server = new PostgresServer(programs, await ServerAccount.FolderAsync("holdfast-pg-"), durable) { Settings = settings ?? [] };
        await PostgresTemplate.FillAsync(programs, server.DataFolder, distinctIdentity);
        // Between finding a port and taking it somebody else may; the server says so and another one is tried.
        for (var attempt = 0; attempt < 10; attempt++)
        {
            server.Port = Ports.Free();
            if (await server.TryStartAsync()) return server;
        }
        throw new InvalidOperationException($"PostgreSQL found no port that it could take: {server.Running.Log}");
    }

    /// <summary>Starts it on the port that its clients know. A client's own end of a connection may hold that for a moment.</summary>
    public Task StartAgainAsync() => Wait.UntilAsync(TryStartAsync, $"PostgreSQL gets its port {Port} back", details: () => Running.Log);

    /// <summary>Creates a database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string? name = null)
    {
        name ??= string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _databases)}");
        await ExecuteAsync(ConnectionString, $"""create database "{name.Replace("\"", "\"\"", StringComparison.Ordinal)}" """);
        return Connection(name);
    }

    public string Connection(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1", Port = Port, Username = PostgresTemplate.SuperUser, Database = database,
    }.ConnectionString;

    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The one value of a query.</summary>
    public static async Task<T> AskAsync<T>(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>A session whose transaction has done that, and stays open until it is disposed of.</summary>
    public static async Task<NpgsqlConnection> HoldAsync(string connectionString, string sql)
    {
        var session = new NpgsqlConnection(connectionString + ";Pooling=false");
        await session.OpenAsync();
        await using var command = new NpgsqlCommand($"begin; {sql}", session);
        await command.ExecuteNonQueryAsync();
        return session;
    }

    /// <summary>Ends it in order (SIGINT: PostgreSQL's fast shutdown).</summary>
    public Task StopAsync() => Running.StopAsync(PosixSignal.Interrupt);

    /// <summary>Ends it as a power cut does: the postmaster and all its backends at once, whatever they are at.</summary>
    public Task KillAsync() => Running.KillWithChildrenAsync();

    /// <summary>Stops the postmaster and all its backends where they are: TCP still connects, nothing answers, what was acknowledged stays.</summary>
    public void Freeze() => Running.Freeze();

    /// <summary>Lets a frozen server go on.</summary>
    public void Thaw() => Running.Thaw();

    private string SavedFolder => Path.Combine(_root, "saved");

    /// <summary>Copies the data folder of the stopped server aside: a backup of that moment. The server runs again afterwards.</summary>
    public async Task SaveDataAsync()
    {
        await StopAsync();
        await ServerAccount.RunAsync("rm", "-rf", SavedFolder);
        await ServerAccount.RunAsync("cp", "-a", DataFolder, SavedFolder);
        await StartAgainAsync();
    }

    /// <summary>Puts the saved data folder back, as somebody does who has nothing newer. The server runs afterwards.</summary>
    public async Task RestoreDataAsync()
    {
        await StopAsync();
        await ServerAccount.RunAsync("rm", "-rf", DataFolder);
        await ServerAccount.RunAsync("cp", "-a", SavedFolder, DataFolder);
        await StartAgainAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            // First in order, because a killed server leaves a shared memory segment behind on the machine. One that a test
            // has stopped by a signal must go on for that.
            _process.Thaw();
            await _process.StopAsync(PosixSignal.Quit);
            await _process.DisposeAsync();
        }
        Leftovers.Delete(_root);
    }

    // False: the port is taken by somebody else.
    private async Task<bool> TryStartAsync()
    {
        if (_process is { HasExited: false }) throw new InvalidOperationException($"The server {ProcessId} is running.");
        if (_process is { } ended)
        {
            _process = null;
            await ended.DisposeAsync();
        }
        _process = await ServerProcess.StartAsync(Path.Combine(_programs, "postgres"), [.. PostgresSettings.Arguments(DataFolder, Port, _durable), .. Settings.SelectMany(setting => new[] { "-c", setting })]);
        await Wait.UntilAsync(async () => _process.HasExited || await AnswersAsync(), "PostgreSQL answers", details: () => _process.Log);
        if (!_process.HasExited) return true;
        await _process.StopAsync(PosixSignal.Kill);
        return _process.Log.Contains("could not bind", StringComparison.Ordinal)
            ? false
            : throw new InvalidOperationException($"PostgreSQL does not start: {_process.Log}");
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Timeout=5");
            await connection.OpenAsync();
            // Whoever was quicker at taking the port may be a PostgreSQL too: another test's.
            await using var command = new NpgsqlCommand("select current_setting('data_directory')", connection);
            return DataFolder.Equals(await command.ExecuteScalarAsync());
        }
        catch (NpgsqlException)
        {
            // Refused, or still starting; the caller gives up in the end and shows the server's log.
            return false;
        }
    }
}
