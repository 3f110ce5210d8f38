using Holdfast.TestServers;
using Npgsql;

namespace Holdfast.Bench.Failover;

/// <summary>Npgsql's data source over several hosts, with limits of time that its users set (its defaults notice a frozen server after 45 s).</summary>
internal sealed class MultiHostSubject : IFailoverSubject
{
    private readonly NpgsqlMultiHostDataSource _hosts;
    private readonly NpgsqlDataSource _primary;

    private MultiHostSubject(NpgsqlMultiHostDataSource hosts)
    {
        _hosts = hosts;
        _primary = hosts.WithTargetSession(TargetSessionAttributes.Primary);
    }

    public string Name => "Npgsql multi-host (Timeout=3, Command Timeout=3, Host Recheck Seconds=1)";

    public bool SurvivesAllDown => false;

    public static Task<IFailoverSubject> StartAsync(IReadOnlyList<ClusterMember> servers)
    {
        var settings = new NpgsqlConnectionStringBuilder(servers[0].Connection)
        {
            Host = string.Join(',', servers.Select(server => $"127.0.0.1:{server.Proxy.Port}")),
            Timeout = 3, CommandTimeout = 3, HostRecheckSeconds = 1,
        };
        settings.Remove("Port");
        return Task.FromResult<IFailoverSubject>(new MultiHostSubject(new NpgsqlDataSourceBuilder(settings.ConnectionString).BuildMultiHost()));
    }

    public Task WriteAsync(int n, CancellationToken cancellationToken) => RetriedInsert.WriteAsync(_primary, n, cancellationToken);

    public async ValueTask DisposeAsync() => await _hosts.DisposeAsync();
}
