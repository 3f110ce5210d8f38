using System.Collections;
using System.Globalization;
using Holdfast.Operations.Drills;
using Holdfast.Operations.Schema.Migrations;

namespace Holdfast.TestServers;

/// <summary>Several providers as an agent is given them: each a real server of its own identity with the schema, each behind its own proxy.</summary>
internal sealed class ProviderCluster : IReadOnlyList<ClusterMember>, IAsyncDisposable
{
    private readonly List<ClusterMember> _members = [];

    private ProviderCluster() { }

    public int Count => _members.Count;

    public ClusterMember this[int index] => _members[index];

    public IReadOnlyList<ProviderOptions> Options => [.. _members.Select(member => member.Options)];

    /// <summary>Starts one server per version given (<c>p0</c>, <c>p1</c>, …); none given: the distribution's, a newer one, the distribution's.</summary>
    /// <param name="durable">True: commits are on the disk, for tests that kill servers and count rows.</param>
    /// <param name="versions">The servers in the order of their use.</param>
    public static async Task<ProviderCluster> StartAsync(bool durable = false, params PostgresVersion[] versions)
    {
        if (versions.Length == 0) versions = [PostgresVersion.Debian, PostgresVersion.Newer, PostgresVersion.Debian];
        var cluster = new ProviderCluster();
        try
        {
            // The first of each version may be a copy; two copies would have one identity.
            var members = await Task.WhenAll(versions.Select((version, i) =>
                StartMemberAsync(i, version, durable, Array.IndexOf(versions, version) != i)));
            cluster._members.AddRange(members);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>A database of the same name on every server, migrated: tests keep apart by it and share the servers.</summary>
    public async Task<IReadOnlyList<string>> CreateDatabaseAsync(string name) => await Task.WhenAll(_members.Select(async member =>
    {
        var database = await member.Server.CreateDatabaseAsync(name);
        await new SchemaMigrator(database).MigrateAsync();
        return database;
    }));

    /// <summary>Undoes all faults.</summary>
    public Task HealAsync() => Task.WhenAll(_members.Select(member => member.HealAsync()));

    public IEnumerator<ClusterMember> GetEnumerator() => _members.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members) await member.DisposeAsync();
    }

    private static async Task<ClusterMember> StartMemberAsync(int index, PostgresVersion version, bool durable, bool distinctIdentity)
    {
        var server = await PostgresServer.StartAsync(version, durable, distinctIdentity);
        await new SchemaMigrator(server.ConnectionString).MigrateAsync();
        return new ClusterMember(string.Create(CultureInfo.InvariantCulture, $"p{index}"), server, server.ConnectionString, FaultProxy.Start("127.0.0.1", server.Port));
    }
}
