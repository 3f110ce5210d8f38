using Holdfast.TestServers;
using Npgsql;

namespace Holdfast.Bench.Failover;

/// <summary>HAProxy in front of the servers with its usual check (every 3 s, 3 failures), and Npgsql with one host.</summary>
internal sealed class HaProxySubject(HaProxy balancer) : IFailoverSubject
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(balancer.Connection("postgres") + ";Timeout=3;Command Timeout=3");

    public string Name => "HAProxy (pgsql-check inter 3s fall 3 rise 2)";

    public bool SurvivesAllDown => false;

    public static async Task<IFailoverSubject> StartAsync(IReadOnlyList<ClusterMember> servers) =>
        new HaProxySubject(await HaProxy.StartAsync([.. servers.Select(server => server.Proxy.Port)]));

    public Task WriteAsync(int n, CancellationToken cancellationToken) => RetriedInsert.WriteAsync(_source, n, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await balancer.DisposeAsync();
    }
}
