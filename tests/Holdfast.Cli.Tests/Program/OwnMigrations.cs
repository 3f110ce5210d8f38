using Holdfast.Cli.Tests.Commands;
using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.Program;

/// <summary>Somebody's own migrations for the schema <c>app</c>: a folder of files, and the program that runs them on providers with databases of their own.</summary>
internal sealed class OwnMigrations(Server server) : IDisposable
{
    private readonly Dictionary<string, string> _connections = [];

    public HoldfastProgram Holdfast { get; } = new();

    /// <summary>What tells the program whose migrations are meant.</summary>
    public string[] Options => ["--directory", Holdfast.PathOf("migrations"), "--schema", "app"];

    /// <summary>Makes a new database for each, in this order.</summary>
    public async Task ProvidersAsync(params string[] names)
    {
        Holdfast.With("DATABASE_FAILOVER_ORDER", string.Join(',', names));
        foreach (var name in names) Connect(name, _connections[name] = await server.DatabaseAsync());
    }

    /// <summary>The database of that provider, as its superuser reaches it.</summary>
    public string Of(string provider) => _connections[provider];

    /// <summary>Has the program reach the provider so.</summary>
    public void Connect(string provider, string connection) => Holdfast.With($"HOLDFAST_PROVIDER_{provider.ToUpperInvariant()}", connection);

    public void File(string name, string sql)
    {
        Directory.CreateDirectory(Holdfast.PathOf("migrations"));
        Holdfast.Write(Path.Combine("migrations", name), sql);
    }

    public void Delete(string name) => System.IO.File.Delete(Holdfast.PathOf(Path.Combine("migrations", name)));

    public Task<Answer> RunAsync(string command, params string[] more) => Holdfast.RunAsync(["schema", .. command.Split(' '), .. Options, .. more]);

    public Task ExecuteAsync(string provider, string sql) => PostgresServer.ExecuteAsync(Of(provider), sql);

    /// <summary>The state of a file on each provider.</summary>
    public async Task<string> StatesAsync(string script)
    {
        var result = (await RunAsync("status", "--json")).Envelope.GetProperty("result");
        var states = result.GetProperty("migrations").EnumerateArray().Single(line => line.GetProperty("script").GetString() == script).GetProperty("states");
        return string.Join(' ', _connections.Keys.Select(name => states.GetProperty(name).GetString()));
    }

    public void Dispose() => Holdfast.Dispose();
}
