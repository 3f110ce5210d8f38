using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Sqlite;
using Holdfast.Tests.Merging;
using Xunit;

namespace Holdfast.Tests.Feed;

/// <summary>The feed of the local file: every change is in it, and no place is handed out twice.</summary>
public sealed class SqliteFeedTests : IAsyncLifetime
{
    private readonly MemoryFolder _folder = new();
    private readonly FeedRows _rows = new();
    private SqliteStore _store = null!;

    public ValueTask InitializeAsync()
    {
        _store = SqliteStore.Open(_folder.File("local.db"), TimeProvider.System);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task a_spool_that_was_emptied_and_refilled_never_hands_out_a_place_twice()
    {
        await _store.MergeAsync([_rows.Message(), _rows.Message(), _rows.Message()], CancellationToken.None);
        var read = await FollowAsync(FeedPosition.Start);
        await _store.ExecuteAsync(new Statement("delete from session_memories"), [], CancellationToken.None);
        await _store.DisposeAsync();
        _store = SqliteStore.Open(_folder.File("local.db"), TimeProvider.System);
        var refilled = _rows.Message();
        await _store.MergeAsync([refilled], CancellationToken.None);

        var next = Assert.Single(await FollowAsync(read[^1].Position));
        Assert.Equal(refilled.Id, next.Position.Id);
        Assert.DoesNotContain(read, entry => entry.Position.Feed >= next.Position.Feed);
    }

    [Fact]
    public async Task a_replaced_row_is_seen_again_and_an_arriving_loser_is_not()
    {
        var (first, second, third) = (_rows.Message("key"), _rows.Message("key"), _rows.Message("key"));
        await _store.MergeAsync([second], CancellationToken.None);
        var seen = Assert.Single(await FollowAsync(FeedPosition.Start));

        await _store.MergeAsync([third], CancellationToken.None);
        Assert.Empty(await FollowAsync(seen.Position));

        await _store.MergeAsync([first], CancellationToken.None);
        var again = Assert.Single(await FollowAsync(seen.Position));
        Assert.Equal(first.Stamp, again.Stamp);
        Assert.NotEqual(seen.Nonce, again.Nonce);
        Assert.Single(await FollowAsync(FeedPosition.Start));
    }

    [Fact]
    public async Task every_revision_of_an_upserted_register_is_in_the_feed()
    {
        var revisions = Enumerable.Range(0, 50).Select(i => _rows.Revision($"{{\"n\":{i}}}")).ToList();
        foreach (var revision in revisions.AsEnumerable().Reverse()) await _store.MergeAsync([revision], CancellationToken.None);

        var entries = new List<FeedEntry>();
        var after = FeedPosition.Start;
        while (await _store.ReadFeedAsync(Tables.Revisions, after, 3, CancellationToken.None) is { Count: > 0 } page)
        {
            entries.AddRange(page);
            after = page[^1].Position;
        }
        Assert.Equal(revisions.Select(row => row.Id).Reverse(), entries.Select(entry => entry.Position.Id));
    }

    private async Task<IReadOnlyList<FeedEntry>> FollowAsync(FeedPosition after) =>
        await _store.ReadFeedAsync(Tables.SessionMemories, after, 1000, CancellationToken.None);
}
