using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Cli.Tests.Secrets;

/// <summary>A server that asks for a password, and connections to it and to nowhere that each hold a secret of their own.</summary>
public sealed class KeyedServer : IAsyncLifetime
{
    private readonly List<PlantedSecret> _secrets = [];
    private PostgresServer? _server;

    internal IReadOnlyList<PlantedSecret> Secrets => _secrets;

    /// <summary>Providers by what is wrong with them, as URLs.</summary>
    public IReadOnlyDictionary<string, string> Urls { get; private set; } = new Dictionary<string, string>();

    /// <summary>Connections that cannot even be read.</summary>
    public IReadOnlyDictionary<string, string> Unreadable { get; private set; } = new Dictionary<string, string>();

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartAsync();
        var good = Planted("good");
        var database = new NpgsqlConnectionStringBuilder(await _server.CreateDatabaseAsync()).Database;
        await PostgresServer.ExecuteAsync(_server.ConnectionString, $"create role keyed login superuser password '{good.Password.Replace("'", "''", StringComparison.Ordinal)}'");
        await new SchemaMigrator(_server.Connection(database!)).MigrateAsync();
        await _server.UseAccessAsync("host all keyed 127.0.0.1/32 scram-sha-256", "host all all 127.0.0.1/32 trust");
        var at = $"127.0.0.1:{_server.Port}/{database}";
        Urls = new Dictionary<string, string>
        {
            ["good"] = $"postgres://keyed:{good.Encoded}@{at}",
            ["wrong"] = $"postgres://keyed:{Planted("wrong").Encoded}@{at}",
            ["refused"] = $"postgres://keyed:{Planted("refused").Encoded}@127.0.0.1:{Ports.Free()}/{database}",
            ["tls"] = $"postgres://keyed:{Planted("tls").Encoded}@{at}?sslmode=verify-full&sslpassword={Planted("key").Encoded}",
            ["host"] = $"Host=no-such-host.invalid;Username=keyed;Password=\"{Planted("host").Password.Replace("\"", "\"\"", StringComparison.Ordinal)}\";Database={database}",
            ["nodatabase"] = $"postgres://keyed:{good.Encoded}@127.0.0.1:{_server.Port}/nowhere",
        };
        Unreadable = new Dictionary<string, string>
        {
            ["percent"] = $"postgres://u:%zz{Planted("percent").Password}@h/m",
            ["port"] = $"postgres://u@h:{Planted("port").Core}/m",
            ["slash"] = $"postgres://u:x/{Planted("slash").Core}@h/m",
            ["keyword"] = $"Host=h;Password=x;{Planted("keyword").Core}=1",
            ["quote"] = $"Host=h;Password='{Planted("quote").Core}",
            ["scheme"] = $"mysql://u:{Planted("scheme").Encoded}@h/m",
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }

    private PlantedSecret Planted(string place)
    {
        _secrets.Add(new PlantedSecret(place));
        return _secrets[^1];
    }
}
