using Holdfast.Operations.Tests;
using Holdfast.TestServers;
using Xunit;

[assembly: AssemblyFixture(typeof(OperationsServer))]

namespace Holdfast.Operations.Tests;

/// <summary>The server of a run, started when the first test asks for it and stopped when the run ends. No test harms it.</summary>
public sealed class OperationsServer : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresServer>> Debian = new(() => PostgresServer.StartAsync());

    public static Task<PostgresServer> StartedAsync() => Debian.Value;

    public async ValueTask DisposeAsync()
    {
        if (Debian.IsValueCreated) await (await Debian.Value).DisposeAsync();
    }
}
