using System.Globalization;

namespace Holdfast.TestServers;

/// <summary>
/// A real HAProxy in front of a primary and its backup, with the usual check: every 3 s, 3 failures to leave a server, 2 successes to
/// come back. Connections to a server that it has left are closed, and those to the backup when the primary is back.
/// </summary>
public sealed class HaProxy : IAsyncDisposable
{
    private readonly string _folder;
    private ServerProcess? _process;

    private HaProxy(string folder) => _folder = folder;

    public int Port { get; private set; }

    /// <param name="ports">The servers' ports on 127.0.0.1, the primary first.</param>
    /// <param name="program">Where HAProxy is.</param>
    public static async Task<HaProxy> StartAsync(IReadOnlyList<int> ports, string program = "/usr/sbin/haproxy")
    {
        if (!File.Exists(program)) throw new InvalidOperationException($"{program} is missing. Install it: apt-get install haproxy");
        var balancer = new HaProxy(await ServerAccount.FolderAsync("holdfast-haproxy-"));
        for (var attempt = 0; ; attempt++)
        {
            balancer.Port = Ports.Free();
            var file = Path.Combine(balancer._folder, "haproxy.cfg");
            await File.WriteAllTextAsync(file, Configuration(ports, balancer.Port));
            // -db: in the foreground, one process.
            balancer._process = await ServerProcess.StartAsync(program, "-db", "-f", file);
            await Wait.UntilAsync(async () => balancer._process.HasExited || await Ports.AnswersAsync(balancer.Port), "HAProxy listens", details: () => balancer._process.Log);
            if (!balancer._process.HasExited) return balancer;
            await balancer._process.DisposeAsync();
            if (attempt == 5) throw new InvalidOperationException($"HAProxy does not start: {balancer._process.Log}");
        }
    }

    public string Connection(string database) =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username=holdfast;Database={database}");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        Leftovers.Delete(_folder);
    }

    private static string Configuration(IReadOnlyList<int> ports, int port) => string.Create(CultureInfo.InvariantCulture, $"""
        global
            maxconn 500
        defaults
            mode tcp
            timeout connect 3s
            timeout client 1m
            timeout server 1m
            timeout check 3s
            retries 3
            option redispatch
        listen postgres
            bind 127.0.0.1:{port}
            option pgsql-check user holdfast
            default-server inter 3s fall 3 rise 2 on-marked-down shutdown-sessions
        {string.Join('\n', ports.Select((server, i) => string.Create(CultureInfo.InvariantCulture, $"    server s{i} 127.0.0.1:{server} check {(i == 0 ? "on-marked-up shutdown-backup-sessions" : "backup")}")))}

        """);
}
