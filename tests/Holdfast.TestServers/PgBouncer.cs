using System.Globalization;

namespace Holdfast.TestServers;

/// <summary>A real PgBouncer in transaction mode in front of a server: the pooler that most managed providers resemble.</summary>
public sealed class PgBouncer : IAsyncDisposable
{
    private readonly string _folder;
    private ServerProcess? _process;

    private PgBouncer(string folder) => _folder = folder;

    public int Port { get; private set; }

    /// <param name="server">What it stands in front of.</param>
    /// <param name="poolSize">Server connections; more clients wait for one of them.</param>
    /// <param name="program">Where PgBouncer is.</param>
    /// <param name="queryWaitTimeout">How long a client waits for a server connection before it is refused, in whole seconds; null: two minutes.</param>
    /// <param name="clientsMax">More clients are refused.</param>
    /// <param name="databases">The one database that it knows; all by default.</param>
    /// <param name="settings">Further lines of its settings; the last of two counts.</param>
    public static async Task<PgBouncer> StartAsync(
        PostgresServer server, int poolSize = 4, string program = "/usr/sbin/pgbouncer", TimeSpan? queryWaitTimeout = null, int clientsMax = 500, string databases = "*", string settings = "")
    {
        if (!File.Exists(program)) throw new InvalidOperationException($"{program} is missing. Install it: apt-get install pgbouncer");
        var bouncer = new PgBouncer(await ServerAccount.FolderAsync("holdfast-bouncer-"));
        for (var attempt = 0; ; attempt++)
        {
            bouncer.Port = Ports.Free();
            var file = Path.Combine(bouncer._folder, "pgbouncer.ini");
            await File.WriteAllTextAsync(file, Configuration(server, bouncer.Port, poolSize, queryWaitTimeout ?? TimeSpan.FromMinutes(2), clientsMax, databases, settings));
            bouncer._process = await ServerProcess.StartAsync(program, file);
            // Its own word, not that somebody answers there: whoever was quicker at taking the port would answer too.
            var listening = string.Create(CultureInfo.InvariantCulture, $"listening on 127.0.0.1:{bouncer.Port}");
            bool Listens() => bouncer._process.Log.Contains(listening, StringComparison.Ordinal);
            await Wait.UntilAsync(() => bouncer._process.HasExited || Listens(), "PgBouncer listens", details: () => bouncer._process.Log);
            if (Listens()) return bouncer;
            await bouncer._process.DisposeAsync();
            if (attempt == 5) throw new InvalidOperationException($"PgBouncer does not start: {bouncer._process.Log}");
        }
    }

    public string Connection(string database) =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username=holdfast;Database={database}");

    /// <summary>Stops it where it is: TCP still connects, nothing answers.</summary>
    public void Freeze() => Running.Freeze();

    /// <summary>Lets a frozen pooler go on.</summary>
    public void Thaw() => Running.Thaw();

    /// <summary>Ends it at once: its clients' connections are reset or closed, new ones refused.</summary>
    public Task KillAsync() => Running.KillWithChildrenAsync();

    private ServerProcess Running => _process ?? throw new InvalidOperationException("The pooler was not started.");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        Leftovers.Delete(_folder);
    }

    private static string Configuration(PostgresServer server, int port, int poolSize, TimeSpan queryWaitTimeout, int clientsMax, string databases, string settings) => string.Create(CultureInfo.InvariantCulture, $"""
        [databases]
        {databases} = host=127.0.0.1 port={server.Port} user=holdfast
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = {port}
        unix_socket_dir =
        auth_type = any
        pool_mode = transaction
        default_pool_size = {poolSize}
        max_client_conn = {clientsMax}
        query_wait_timeout = {(int)queryWaitTimeout.TotalSeconds}
        ignore_startup_parameters = extra_float_digits
        {settings}

        """);
}
