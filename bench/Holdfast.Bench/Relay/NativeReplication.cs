using Holdfast.TestServers;
using Npgsql;

namespace Holdfast.Bench.Relay;

/// <summary>PostgreSQL's own logical replication of the messages of one database to others.</summary>
internal sealed class NativeReplication : IAsyncDisposable
{
    private readonly IReadOnlyList<string> _subscribers;

    private NativeReplication(IReadOnlyList<string> subscribers) => _subscribers = subscribers;

    /// <param name="connections">The publisher (with <c>wal_level = logical</c>), then the subscribers; all have the empty table.</param>
    public static async Task<NativeReplication> StartAsync(IReadOnlyList<string> connections)
    {
        await PostgresServer.ExecuteAsync(connections[0], "create publication bench for table holdfast.session_memories");
        var publisher = new NpgsqlConnectionStringBuilder(connections[0]);
        for (var i = 1; i < connections.Count; i++)
            await PostgresServer.ExecuteAsync(connections[i], $"""
                create subscription bench_{i} connection 'host={publisher.Host} port={publisher.Port} user={publisher.Username} dbname={publisher.Database}'
                publication bench with (copy_data = false)
                """);
        return new NativeReplication([.. connections.Skip(1)]);
    }

    // A slot that nobody reads would keep the log, and one that is read decodes what others write.
    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < _subscribers.Count; i++) await PostgresServer.ExecuteAsync(_subscribers[i], $"drop subscription bench_{i + 1}");
    }
}
