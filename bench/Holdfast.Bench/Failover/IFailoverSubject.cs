using Holdfast.TestServers;

namespace Holdfast.Bench.Failover;

/// <summary>Something that writes rows to servers that fail: a provider set, or a peer set up as it usually is.</summary>
internal interface IFailoverSubject : IAsyncDisposable
{
    /// <summary>What the result calls it.</summary>
    string Name { get; }

    /// <summary>True: a write goes on with every server down.</summary>
    bool SurvivesAllDown { get; }

    /// <summary>Returns when its writes go to the first server again.</summary>
    Task UsesFirstAsync(ClusterMember first, TimeSpan limit)
    {
        // Counted at the proxy: a health check opens connections and sends little, writes send kilobytes.
        var before = first.Proxy.BytesUp;
        return Wait.UntilAsync(() => first.Proxy.BytesUp > before + 20_000, "the first server is written to again", limit);
    }

    /// <summary>Writes one row; returns when it is acknowledged, throws when it is not. It is called again with the same number then.</summary>
    Task WriteAsync(int n, CancellationToken cancellationToken);
}
