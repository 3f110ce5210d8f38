using Holdfast.Operations.Drills;

namespace Holdfast.TestServers;

/// <summary>One provider of a <see cref="ProviderCluster"/>: a server with the schema in it, behind a proxy that makes faults.</summary>
internal sealed class ClusterMember(string name, PostgresServer server, string direct, FaultProxy proxy) : IAsyncDisposable
{
    public string Name => name;

    public PostgresServer Server => server;

    public FaultProxy Proxy => proxy;

    /// <summary>Past the proxy: for the checker, which must see what is really there.</summary>
    public string Direct => direct;

    /// <summary>Through the proxy: for what is tested.</summary>
    public string Connection => proxy.Through(direct);

    /// <summary>Through the proxy, with the defaults and short limits of time where the caller sets them.</summary>
    public ProviderOptions Options => new() { Name = name, Connection = Connection, ControlConnection = Connection };

    /// <summary>Ends the server as a power cut does; its port refuses, at the proxy too.</summary>
    public async Task KillAsync()
    {
        proxy.Set(FaultMode.Reset);
        await server.KillAsync();
    }

    /// <summary>Undoes any fault: the server runs and is reached. Connections from before the fault may be dead.</summary>
    public async Task HealAsync()
    {
        if (server.Running.HasExited) await server.StartAgainAsync();
        server.Thaw();
        (proxy.DelayUp, proxy.DelayDown) = (TimeSpan.Zero, TimeSpan.Zero);
        if (proxy.Mode != FaultMode.Pass) proxy.Set(FaultMode.Pass);
    }

    public async ValueTask DisposeAsync()
    {
        await proxy.DisposeAsync();
        await server.DisposeAsync();
    }
}
