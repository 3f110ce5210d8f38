using Holdfast.Operations.Tests;
using Holdfast.TestServers;
using Xunit;

[assembly: AssemblyFixture(typeof(OperationsServer))]

namespace Holdfast.Operations.Tests;

/// <summary>The servers of a run, each started when the first test asks for it and stopped when the run ends. No test harms them.</summary>
public sealed class OperationsServer : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresServer>> Debian = new(() => PostgresServer.StartAsync());
    private static readonly Lazy<Task<PostgresServer>> Newer = new(() => PostgresServer.StartAsync(PostgresVersion.Newer));

    public static Task<PostgresServer> StartedAsync(PostgresVersion version = PostgresVersion.Debian) => version == PostgresVersion.Newer ? Newer.Value : Debian.Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var server in (Lazy<Task<PostgresServer>>[])[Debian, Newer])
            if (server.IsValueCreated) await (await server.Value).DisposeAsync();
    }
}
