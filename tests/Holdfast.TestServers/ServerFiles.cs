namespace Holdfast.TestServers;

/// <summary>Changes to a running server that go through files of its data folder.</summary>
public static class ServerFiles
{
    /// <summary>Encrypts new connections with this certificate; those without TLS stay possible.</summary>
    public static async Task UseCertificateAsync(this PostgresServer server, (string Certificate, string Key) pair)
    {
        await WriteAsync(server, "server.crt", pair.Certificate);
        await WriteAsync(server, "server.key", pair.Key);
        await PostgresServer.ExecuteAsync(server.ConnectionString, "alter system set ssl = on");
        await ReloadAsync(server, "show ssl", "on");
    }

    /// <summary>Believes clients' certificates that this authority has signed.</summary>
    public static async Task UseAuthorityAsync(this PostgresServer server, string file)
    {
        await WriteAsync(server, "authority.crt", await File.ReadAllTextAsync(file));
        await PostgresServer.ExecuteAsync(server.ConnectionString, "alter system set ssl_ca_file = 'authority.crt'");
        await ReloadAsync(server, "show ssl_ca_file", "authority.crt");
    }

    /// <summary>Replaces who may connect and how (<c>pg_hba.conf</c>); the superuser must stay in for the server's own questions.</summary>
    public static async Task UseAccessAsync(this PostgresServer server, params string[] lines)
    {
        await WriteAsync(server, "pg_hba.conf", string.Join('\n', lines) + "\n");
        await ReloadAsync(server, $"select count(*)::text from pg_hba_file_rules where error is null", lines.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Reads the settings again; back when new connections see them.</summary>
    private static async Task ReloadAsync(PostgresServer server, string ask, string expected)
    {
        await PostgresServer.ExecuteAsync(server.ConnectionString, "select pg_reload_conf()");
        await Wait.UntilAsync(async () =>
        {
            await using var connection = new Npgsql.NpgsqlConnection(server.ConnectionString + ";Pooling=false");
            await connection.OpenAsync();
            await using var command = new Npgsql.NpgsqlCommand(ask, connection);
            return expected.Equals(await command.ExecuteScalarAsync());
        }, $"the server has reloaded its settings ({ask})");
    }

    // The server wants its key to be its own and closed to others.
    private static async Task WriteAsync(PostgresServer server, string name, string text)
    {
        var given = Path.GetTempFileName();
        await File.WriteAllTextAsync(given, text);
        File.SetUnixFileMode(given, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        var file = Path.Combine(server.DataFolder, name);
        await ServerAccount.RunAsync("cp", given, file);
        await ServerAccount.RunAsync("chmod", "600", file);
        File.Delete(given);
    }
}
