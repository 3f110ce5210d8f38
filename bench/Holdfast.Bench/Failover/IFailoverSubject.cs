namespace Holdfast.Bench.Failover;

/// <summary>Something that writes rows to servers that fail: a provider set, or a peer set up as it usually is.</summary>
internal interface IFailoverSubject : IAsyncDisposable
{
    /// <summary>What the result calls it.</summary>
    string Name { get; }

    /// <summary>True: a write goes on with every server down.</summary>
    bool SurvivesAllDown { get; }

    /// <summary>Writes one row; returns when it is acknowledged, throws when it is not. It is called again with the same number then.</summary>
    Task WriteAsync(int n, CancellationToken cancellationToken);
}
