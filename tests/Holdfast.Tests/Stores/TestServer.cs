using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Holdfast.Tests.Stores;

/// <summary>The servers of a run: the one place to change when they come from elsewhere.</summary>
internal static class TestServer
{
    private static readonly Lazy<Task<string>> Pooled = new(StartPoolerAsync);

    public static Task<string> ConnectionAsync(Place place) => place switch
    {
        Place.Postgres or Place.NewerPostgres => Task.FromResult(Direct),
        Place.PgBouncer => Pooled.Value,
        _ => throw new ArgumentOutOfRangeException(nameof(place), place, "is no server."),
    };

    private static string Direct => Environment.GetEnvironmentVariable("HOLDFAST_CONTRACT_PG") ?? "Host=127.0.0.1;Port=5541;Username=mem;Database=contract";

    private static async Task<string> StartPoolerAsync()
    {
        var server = new NpgsqlConnectionStringBuilder(Direct);
        var folder = Directory.CreateTempSubdirectory("holdfast-pgbouncer").FullName;
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        var config = Path.Combine(folder, "pgbouncer.ini");
        await File.WriteAllTextAsync(config, $"""
            [databases]
            * = host={server.Host} port={server.Port} user={server.Username}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = 4
            max_client_conn = 200
            """);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        string[] user = Environment.UserName == "root" ? ["-u", "nobody"] : [];
        var process = Process.Start(new ProcessStartInfo("pgbouncer", ["-q", .. user, config]) { RedirectStandardError = true })!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => process.Kill();
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var pooled = new NpgsqlConnectionStringBuilder(Direct) { Port = port, Pooling = false, NoResetOnClose = true };
        await Eventually.TrueAsync("PgBouncer answers", async () =>
        {
            try
            {
                await using var connection = new NpgsqlConnection(pooled.ConnectionString);
                await connection.OpenAsync();
                return true;
            }
            catch (NpgsqlException)
            {
                return false;
            }
        });
        pooled.Pooling = true;
        return pooled.ConnectionString;
    }
}
