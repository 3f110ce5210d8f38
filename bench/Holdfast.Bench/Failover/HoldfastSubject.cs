using Holdfast.TestServers;

namespace Holdfast.Bench.Failover;

/// <summary>Ours: the same servers as providers, with probes and failback quicker than by default so that a run of many faults ends.</summary>
internal sealed class HoldfastSubject(AgentMemory memory, Session session, string home) : IFailoverSubject
{
    public string Name => "Holdfast";

    public bool SurvivesAllDown => true;

    public static async Task<IFailoverSubject> StartAsync(IReadOnlyList<ClusterMember> servers)
    {
        var home = Directory.CreateTempSubdirectory("holdfast-bench-").FullName;
        var options = new HoldfastOptions { Home = home };
        foreach (var server in servers) options.Providers.Add(server.Options);
        options.Failover.ProbeInterval = TimeSpan.FromMilliseconds(500);
        options.Failover.FailbackAfter = TimeSpan.FromSeconds(1);
        var memory = await AgentMemory.OpenAsync(options);
        return new HoldfastSubject(memory, await memory.OpenSessionAsync("failover"), home);
    }

    public Task WriteAsync(int n, CancellationToken cancellationToken) => session.AppendUserAsync(Messages.Text(n), cancellationToken: cancellationToken);

    public Task UsesFirstAsync(ClusterMember first, TimeSpan limit) => Wait.UntilAsync(() => memory.Providers!.Primary == first.Name, "the first server leads again", limit);

    public async ValueTask DisposeAsync()
    {
        await memory.DisposeAsync();
        Directory.Delete(home, recursive: true);
    }
}
