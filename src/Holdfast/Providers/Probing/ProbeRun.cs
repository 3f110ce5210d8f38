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

    /// <summary>The driver keeps a list of those that are not disposed of.</summary>
    public NpgsqlDataSource? Source { get; set; }

    public NpgsqlConnection? Connection { get; set; }

    /// <summary>The role may ask for the cluster's number.</summary>
    public bool MayReadIdentifier { get; set; }

    public async ValueTask DisposeAsync()
    {
        Socket?.Dispose();
        if (Connection is not null) await Connection.DisposeAsync().ConfigureAwait(false);
        if (Source is not null) await Source.DisposeAsync().ConfigureAwait(false);
    }
}
