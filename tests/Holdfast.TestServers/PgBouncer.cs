using System.Globalization;

namespace Holdfast.TestServers;

/// <summary>A real PgBouncer in transaction mode in front of a server: the pooler that most managed providers resemble.</summary>
public sealed class PgBouncer : IAsyncDisposable
{
    private readonly string _folder;
    private ServerProcess? _process;

    private PgBouncer(string folder) => _folder = folder;

    public int Port { get; private set; }

    public static async Task<PgBouncer> StartAsync(PostgresServer server, int poolSize = 4)
    {
        const string Program = "/usr/sbin/pgbouncer";
        if (!File.Exists(Program)) throw new InvalidOperationException($"{Program} is missing. Install it: apt-get install pgbouncer");
        var bouncer = new PgBouncer(await ServerAccount.FolderAsync("holdfast-bouncer-"));
        for (var attempt = 0; ; attempt++)
        {
            bouncer.Port = Ports.Free();
            var file = Path.Combine(bouncer._folder, "pgbouncer.ini");
            await File.WriteAllTextAsync(file, Configuration(server, bouncer.Port, poolSize));
            bouncer._process = await ServerProcess.StartAsync(Program, file);
            await Wait.UntilAsync(async () => bouncer._process.HasExited || await Ports.AnswersAsync(bouncer.Port), "PgBouncer answers", details: () => bouncer._process.Log);
            if (!bouncer._process.HasExited) return bouncer;
            if (attempt == 5) throw new InvalidOperationException($"PgBouncer does not start: {bouncer._process.Log}");
        }
    }

    public string Connection(string database) =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username=holdfast;Database={database}");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Configuration(PostgresServer server, int port, int poolSize) => string.Create(CultureInfo.InvariantCulture, $"""
        [databases]
        * = host=127.0.0.1 port={server.Port} user=holdfast
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = {port}
        unix_socket_dir =
        auth_type = any
        pool_mode = transaction
        default_pool_size = {poolSize}
        max_client_conn = 500
        ignore_startup_parameters = extra_float_digits

        """);
}
