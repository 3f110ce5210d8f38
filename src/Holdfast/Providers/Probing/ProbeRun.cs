using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Holdfast.Providers.Probing;

/// <summary>What one run of the ladder has in hand: each rung leaves here what the next one stands on.</summary>
internal sealed class ProbeRun : IAsyncDisposable
{
    public ProbeFacts Facts { get; } = new();

    /// <summary>Where the host's names lead, in the order of trying.</summary>
    public IReadOnlyList<(string Host, EndPoint EndPoint)> Places { get; set; } = [];

    /// <summary>The host that accepted a connection.</summary>
    public string Host { get; set; } = "";

    public int Port { get; set; }

    /// <summary>The rung that is being climbed; it may go on for a moment after its deadline.</summary>
    public Task Climbing { get; set; } = Task.CompletedTask;

    public Socket? Socket { get; set; }

    public NpgsqlConnection? Connection { get; set; }

    /// <summary>The role may ask for the cluster's number.</summary>
    public bool MayReadIdentifier { get; set; }

    public ValueTask DisposeAsync()
    {
        Socket?.Dispose();
        return Connection?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
