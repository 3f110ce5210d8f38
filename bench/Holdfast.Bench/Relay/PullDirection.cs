using Holdfast.Providers;
using Holdfast.Relay;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Bench.Relay;

/// <summary>The pull from one database to another, which gives way to nobody.</summary>
internal sealed class PullDirection : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Provider _source;
    private readonly Provider _receiver;

    private PullDirection(string source, string receiver)
    {
        (_source, _receiver) = (Provider("source", 0, source), Provider("receiver", 1, receiver));
        Pull = new RelayPull(_source, _receiver, Patience, TimeProvider.System, (_, _) => Task.FromResult(false));
    }

    public RelayPull Pull { get; }

    public static async Task<PullDirection> OpenAsync(string source, string receiver)
    {
        var direction = new PullDirection(source, receiver);
        await direction._source.ConnectAsync(CancellationToken.None);
        await direction._receiver.ConnectAsync(CancellationToken.None);
        return direction;
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    private static Provider Provider(string name, int index, string connection) => new(name, index, TimeProvider.System,
        token => PostgresConnector.ConnectAsync(connection, PostgresStore.DefaultSchema, TimeProvider.System, null, token)) { Endpoint = new NpgsqlConnectionStringBuilder(connection) };
}
