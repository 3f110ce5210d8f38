using System.Collections.Concurrent;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;
using Holdfast.Tests.Merging;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Feed;

/// <summary>The feed of PostgreSQL: transactions commit in any order, and a reader that never looks back misses none.</summary>
public sealed class PostgresFeedTests : IAsyncLifetime
{
    private readonly FeedRows _rows = new();
    private TestDatabase _database = null!;
    private PostgresStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _store = await _database.ConnectAsync();
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task the_feed_does_not_pass_an_older_transaction_that_is_still_open()
    {
        var before = _rows.Message();
        await _store.MergeAsync([before], CancellationToken.None);
        var reader = new FeedFollower(_store, Tables.SessionMemories, pageSize: 10);
        await reader.UntilAsync(read => read.ContainsKey(before.Id));

        await using var older = await OpenTransactionAsync();
        var late = _rows.Message();
        await InsertAsync(older, late);
        var newer = _rows.Message();
        await _store.MergeAsync([newer], CancellationToken.None);
        await reader.ReadAsync();
        Assert.DoesNotContain(newer.Id, reader.Read.Keys);

        await older.CommitAsync();
        await reader.UntilAsync(read => read.ContainsKey(newer.Id));
        Assert.Contains(late.Id, reader.Read.Keys);
    }

    [Fact]
    public async Task transactions_that_commit_in_the_opposite_order_are_all_seen()
    {
        var reader = new FeedFollower(_store, Tables.SessionMemories, pageSize: 1);
        var open = new List<(NpgsqlTransaction Transaction, Row Row)>();
        for (var i = 0; i < 8; i++)
        {
            var transaction = await OpenTransactionAsync();
            open.Add((transaction, _rows.Message()));
            await InsertAsync(transaction, open[^1].Row);
        }
        foreach (var (transaction, _) in Enumerable.Reverse(open))
        {
            await transaction.CommitAsync();
            await transaction.Connection!.DisposeAsync();
            await reader.ReadAsync();
        }
        await reader.UntilAsync(read => open.TrueForAll(one => read.ContainsKey(one.Row.Id)));
    }

    [Fact]
    public async Task a_transaction_that_is_rolled_back_holds_nothing_up_for_good()
    {
        var reader = new FeedFollower(_store, Tables.SessionMemories, pageSize: 10);
        await using var older = await OpenTransactionAsync();
        var never = _rows.Message();
        await InsertAsync(older, never);
        var newer = _rows.Message();
        await _store.MergeAsync([newer], CancellationToken.None);
        await older.RollbackAsync();
        await reader.UntilAsync(read => read.ContainsKey(newer.Id));
        Assert.DoesNotContain(never.Id, reader.Read.Keys);
    }

    [Fact]
    public async Task a_reader_with_small_pages_sees_everything_that_many_writers_write_and_replaced_rows_again()
    {
        var reader = new FeedFollower(_store, Tables.SessionMemories, pageSize: 7);
        var revisions = new FeedFollower(_store, Tables.Revisions, pageSize: 3);
        var last = new ConcurrentDictionary<Guid, Stamp>();
        var revised = new ConcurrentBag<Guid>();
        using var writing = new CancellationTokenSource();
        var following = Task.Run(async () =>
        {
            while (!writing.IsCancellationRequested)
            {
                await reader.ReadAsync();
                await revisions.ReadAsync();
            }
        });
        await Parallel.ForEachAsync(Enumerable.Range(0, 8), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (writer, _) =>
        {
            for (var i = 0; i < 40; i++)
            {
                // The later stamp comes first: the second batch replaces the keyed row of the first.
                var lower = _rows.Stamp();
                var key = $"{writer}-{i}";
                var revision = _rows.Revision("{}", $"k{i % 3}", $"t{writer % 2}");
                await _store.MergeAsync([_rows.Message(tenantId: $"t{writer}"), _rows.Message(key, $"t{writer}"), revision], CancellationToken.None);
                var replacing = _rows.Message(lower, key, $"t{writer}");
                await _store.MergeAsync([replacing], CancellationToken.None);
                last[replacing.Id] = lower;
                revised.Add(revision.Id);
            }
        });
        await writing.CancelAsync();
        await following;

        await reader.UntilAsync(read => last.All(row => read.TryGetValue(row.Key, out var stamp) && stamp == row.Value));
        await revisions.UntilAsync(read => revised.All(read.ContainsKey));
        Assert.Equal(8 * 40 * 2, reader.Read.Count);
        Assert.Equal(8 * 40, revisions.Read.Count);
    }

    [Fact]
    public async Task a_feed_that_looks_past_open_transactions_would_miss_rows()
    {
        // The same reader over a feed without the bound: it shows that the tests above would notice.
        await using var older = await OpenTransactionAsync();
        var late = _rows.Message();
        await InsertAsync(older, late);
        var newer = _rows.Message();
        await _store.MergeAsync([newer], CancellationToken.None);
        var unbounded = new Statement("select id from {session_memories} where feed > $1 order by feed");
        var start = PostgresTypes.One(ColumnType.Position, 0UL);
        Assert.Equal([newer.Id], await _store.QueryAsync(unbounded, [start], row => row.Uuid(0), CancellationToken.None).ToListAsync());

        var passed = await _store.QueryAsync(new Statement("select feed from {session_memories}"), [], row => row.Data.GetFieldValue<ulong>(0), CancellationToken.None).SingleAsync();
        await older.CommitAsync();
        Assert.Empty(await _store.QueryAsync(unbounded, [PostgresTypes.One(ColumnType.Position, passed)], row => row.Uuid(0), CancellationToken.None).ToListAsync());
    }

    private async Task<NpgsqlTransaction> OpenTransactionAsync()
    {
        var connection = new NpgsqlConnection(_database.ConnectionString);
        await connection.OpenAsync();
        return await connection.BeginTransactionAsync();
    }

    private static async Task InsertAsync(NpgsqlTransaction transaction, Row row)
    {
        await using var command = new NpgsqlCommand(
            "insert into holdfast.session_memories (tenant_id, id, stamp, session_id, occurred_at, memory_type, content) values ($1, $2, $3, $4, $5, $6, $7::json)",
            transaction.Connection, transaction);
        foreach (var value in (object[])[row.TenantId, row.Id, row.Stamp.Value, row.SessionId!, row.OccurredAt.UtcDateTime, row.Text("memory_type")!, row.Text("content")!])
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync();
    }
}

/// <summary>Follows a feed and never looks back; keeps the last stamp that it saw of each row.</summary>
internal sealed class FeedFollower(IStore store, Table table, int pageSize)
{
    private FeedPosition _after = FeedPosition.Start;

    public Dictionary<Guid, Stamp> Read { get; } = [];

    public async Task ReadAsync()
    {
        while (await store.ReadFeedAsync(table, _after, pageSize, CancellationToken.None) is { Count: > 0 } page)
        {
            foreach (var entry in page) Read[entry.Position.Id] = entry.Stamp;
            _after = page[^1].Position;
        }
    }

    /// <summary>Reads on until it has seen what was asked for; anything that runs on the server may hold a feed back for a while.</summary>
    public async Task UntilAsync(Func<Dictionary<Guid, Stamp>, bool> hasSeen)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        do
        {
            deadline.Token.ThrowIfCancellationRequested();
            await ReadAsync();
        }
        while (!hasSeen(Read));
    }
}
