using Holdfast.Operations.Tests.Access;
using Holdfast.TestServers;
using Xunit;

[assembly: AssemblyFixture(typeof(AccessServers))]

namespace Holdfast.Operations.Tests.Access;

/// <summary>Servers for tests of roles, which belong to a whole server: each test has a schema's name, and so role names, of its own.</summary>
/// <remarks>Only the superuser comes in without a password; everything that is sent to them is in their logs.</remarks>
public sealed class AccessServers : IAsyncDisposable
{
    private static readonly Dictionary<PostgresVersion, Lazy<Task<PostgresServer>>> Servers =
        new PostgresVersion[] { PostgresVersion.Debian, PostgresVersion.Newer }.ToDictionary(version => version, version => new Lazy<Task<PostgresServer>>(() => StartAsync(version)));

    public static Task<PostgresServer> StartedAsync(PostgresVersion version) => Servers[version].Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Servers.Values.Where(server => server.IsValueCreated)) await (await server.Value).DisposeAsync();
    }

    private static async Task<PostgresServer> StartAsync(PostgresVersion version)
    {
        var server = await PostgresServer.StartAsync(version, settings: ["log_statement=all"]);
        await PostgresServer.ExecuteAsync(server.ConnectionString, "create role admins_of_providers nologin");
        await server.UseAccessAsync("host all holdfast 127.0.0.1/32 trust", "host all +admins_of_providers 127.0.0.1/32 trust", "host all all 127.0.0.1/32 scram-sha-256");
        return server;
    }
}
