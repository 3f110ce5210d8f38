using Holdfast.Operations.Schema.Migrations;
using Holdfast.Providers;
using Holdfast.Relay;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;
using Holdfast.TestServers;
using Holdfast.Tests.Stores;
using Npgsql;

namespace Holdfast.Tests.Relay;

/// <summary>Two migrated databases of one test, as providers, and the pull from the first to the second.</summary>
internal sealed class PullPair : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private PullPair(string source, string receiver)
    {
        (SourceConnection, ReceiverConnection) = (source, receiver);
        (Source, Receiver) = (Provider("a", 0, source), Provider("b", 1, receiver));
        Pull = Direction(Source, Receiver);
        Back = Direction(Receiver, Source);
    }

    public TestRows Rows { get; } = new(TestPlaces.Unique("tenant"));

    public string SourceConnection { get; }

    public string ReceiverConnection { get; }

    public Provider Source { get; }

    public Provider Receiver { get; }

    public RelayPull Pull { get; }

    public RelayPull Back { get; }

    public PostgresStore At(Provider provider) => provider.Store!;

    public static async Task<PullPair> OpenAsync(string? source = null, string? receiver = null)
    {
        source ??= await MigratedAsync(await TestServer.NewRelayDatabaseAsync());
        receiver ??= await MigratedAsync(await TestServer.NewRelayDatabaseAsync());
        var pair = new PullPair(source, receiver);
        await pair.Source.ConnectAsync(CancellationToken.None);
        await pair.Receiver.ConnectAsync(CancellationToken.None);
        return pair;
    }

    public static async Task<string> MigratedAsync(string connection)
    {
        await new SchemaMigrator(connection).MigrateAsync();
        return connection;
    }

    public Task WriteAsync(Provider provider, params Row[] rows) => At(provider).MergeAsync(rows, CancellationToken.None);

    public Task<PullRound> PullAsync() => Pull.RunAsync(CancellationToken.None);

    /// <summary>All rows of the test's tenant in one table, as text, in the order of their ids.</summary>
    public async Task<IReadOnlyList<string>> TextsAsync(Provider provider, Table table)
    {
        var columns = string.Join(", ", RowColumns.Read(table));
        var rows = await At(provider).QueryAsync(new Statement($$"""select {{columns}} from {{{table.Name}}} where tenant_id = $1 order by id"""), [Rows.TenantId], row => RowColumns.Row(table, row), CancellationToken.None).ToListAsync();
        return [.. rows.Select(RowText.Of)];
    }

    public static Provider Provider(string name, int index, string connection) => new(name, index, TimeProvider.System,
        token => PostgresConnector.ConnectAsync(connection, PostgresStore.DefaultSchema, TimeProvider.System, null, token)) { Endpoint = new NpgsqlConnectionStringBuilder(connection) };

    public static RelayPull Direction(Provider source, Provider receiver) => new(source, receiver, Patience, TimeProvider.System, (_, _) => Task.FromResult(false));

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await Receiver.DisposeAsync();
    }
}
