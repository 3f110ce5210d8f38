using System.Globalization;
using Holdfast.Operations.Drills;
using Holdfast.TestServers;
using Npgsql;

namespace Holdfast.Chaos.Servers;

/// <summary>
/// What one run takes place on: a database on each of three servers, and a link of its own from each writer to each server, so
/// that one writer can be cut off from what another reaches.
/// </summary>
internal sealed class ChaosField : IAsyncDisposable
{
    private readonly FaultProxy[][] _links;

    private ChaosField(ChaosServers servers, string database, string folder, int writers)
    {
        (Servers, Database, Folder) = (servers, database, folder);
        _links = [.. Enumerable.Range(0, writers).Select(_ => Enumerable.Range(0, ChaosServers.Count).Select(provider => FaultProxy.Start("127.0.0.1", servers[provider].Port)).ToArray())];
    }

    public ChaosServers Servers { get; }

    public string Database { get; }

    /// <summary>Where the local files and the ledger are.</summary>
    public string Folder { get; }

    public string Tenant => Database;

    public static IReadOnlyList<string> Names { get; } = [.. Enumerable.Range(0, ChaosServers.Count).Select(provider => string.Create(CultureInfo.InvariantCulture, $"p{provider}"))];

    public static async Task<ChaosField> PrepareAsync(ChaosServers servers, int writers) =>
        new(servers, await servers.CreateDatabaseAsync(), Directory.CreateTempSubdirectory("holdfast-chaos-").FullName, writers);

    /// <summary>Past the proxies: what is really there.</summary>
    public string Direct(int provider) => Servers[provider].Connection(Database);

    public IReadOnlyList<(string Name, string Connection)> DirectAll => [.. Names.Select((name, provider) => (name, Direct(provider)))];

    /// <summary>Through a writer's own links, as a role that is no superuser.</summary>
    public IReadOnlyList<string> Connections(int writer) => [.. _links[writer].Select((link, provider) =>
        new NpgsqlConnectionStringBuilder(link.Through(Direct(provider))) { Username = "app" }.ConnectionString)];

    /// <summary>The links that a fault concerns.</summary>
    /// <param name="provider">To this server.</param>
    /// <param name="writer">Of this writer; null: of all.</param>
    public IEnumerable<FaultProxy> Links(int provider, int? writer) => _links.Where((_, i) => writer is null || i == writer).Select(links => links[provider]);

    public string Home(int number) => Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"home{number}"));

    /// <summary>Everything is reached again. Connections from before may be dead.</summary>
    public async Task HealAsync()
    {
        for (var provider = 0; provider < ChaosServers.Count; provider++)
        {
            var server = Servers[provider];
            if (server.Running.HasExited) await server.StartAgainAsync();
            server.Thaw();
            foreach (var link in Links(provider, null))
            {
                (link.DelayUp, link.DelayDown) = (TimeSpan.Zero, TimeSpan.Zero);
                if (link.Mode != FaultMode.Pass) link.Set(FaultMode.Pass);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await HealAsync();
        foreach (var links in _links)
            foreach (var link in links) await link.DisposeAsync();
        for (var provider = 0; provider < ChaosServers.Count; provider++) await Servers.DropDatabaseAsync(provider, Database);
        Directory.Delete(Folder, recursive: true);
    }
}
