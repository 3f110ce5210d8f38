using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Tests.Stores;

/// <summary>The contract of reading: the feed skips nothing, queries read every type, and missing rows are found.</summary>
public abstract class FeedContract(Place place) : BatchContract(place)
{
    private async Task<IReadOnlyList<FeedEntry>> FeedAsync(FeedPosition after, int pageSize = 1_000)
    {
        var entries = new List<FeedEntry>();
        while (true)
        {
            var page = await Store.ReadFeedAsync(Tables.SessionMemories, after, pageSize, CancellationToken.None);
            Assert.True(page.Count <= pageSize);
            if (page.Count == 0) return [.. entries.Where(entry => entry.Position.TenantId == Rows.TenantId)];
            entries.AddRange(page);
            after = page[^1].Position;
        }
    }

    private async Task<IReadOnlyList<FeedEntry>> FeedOfAsync(int count, FeedPosition after, int pageSize = 1_000)
    {
        IReadOnlyList<FeedEntry> entries = [];
        // Older transactions of other tests hold the feed back for a moment.
        await Wait.UntilAsync(async () => (entries = await FeedAsync(after, pageSize)).Count >= count, $"the feed shows {count} entries");
        return entries;
    }

    [Fact]
    public async Task the_feed_lists_every_row_once_in_the_order_of_the_writes()
    {
        var rows = Enumerable.Range(0, 25).Select(i => Rows.Message($"{i}")).ToArray();
        foreach (var row in rows) await MergeAsync(row);
        var entries = await FeedOfAsync(rows.Length, FeedPosition.Start);
        Assert.Equal(rows.Select(row => row.Id), entries.Select(entry => entry.Position.Id));
        Assert.Equal(rows.Select(row => row.Stamp), entries.Select(entry => entry.Stamp));
    }

    [Fact]
    public async Task the_feed_reads_in_pages_without_gap_or_repetition()
    {
        var rows = Enumerable.Range(0, 57).Select(i => Rows.Message($"{i}")).ToArray();
        await MergeAsync(rows);
        var whole = await FeedOfAsync(rows.Length, FeedPosition.Start);
        var paged = await FeedOfAsync(50, whole[6].Position, pageSize: 7);
        Assert.Equal(whole.Skip(7), paged);
    }

    [Fact]
    public async Task a_replaced_row_takes_a_new_place_in_the_feed_and_a_retry_takes_none()
    {
        var (lower, higher, other) = (Rows.Message("one", "k"), Rows.Message("two", "k"), Rows.Message("other"));
        await MergeAsync(higher);
        await MergeAsync(other);
        var end = (await FeedOfAsync(2, FeedPosition.Start))[^1].Position;
        await MergeAsync(other);
        await MergeAsync(lower);
        var entry = Assert.Single(await FeedOfAsync(1, end));
        Assert.Equal((lower.Id, lower.Stamp), (entry.Position.Id, entry.Stamp));
    }

    [Fact]
    public async Task missing_rows_are_those_that_are_not_here_or_stand_here_with_a_higher_stamp()
    {
        var (lower, higher, absent) = (Rows.Message("one", "k"), Rows.Message("two", "k"), Rows.Message("absent"));
        var here = Rows.Message("here");
        await MergeAsync(higher, here);
        RowReference Of(Row row) => new(row.TenantId, row.Id, row.Stamp);
        var missing = await Store.FindMissingAsync(Tables.SessionMemories, [Of(lower), Of(absent), Of(here), Of(higher)], CancellationToken.None);
        Assert.Equal([Of(lower), Of(absent)], missing.OrderBy(row => row.Stamp));
        Assert.Empty(await Store.FindMissingAsync(Tables.SessionMemories, [Of(here) with { Stamp = Rows.Clock.Next() }], CancellationToken.None));
        Assert.Empty(await Store.ReadRowsAsync(Tables.SessionMemories, [Of(absent)], CancellationToken.None));
    }

    [Fact]
    public async Task a_query_reads_uuids_times_numbers_and_nulls_the_same_everywhere()
    {
        var row = new RowDraft(Tables.TokenUsage, ["source", null, 5L, long.MaxValue, null, null, null]) { OccurredAt = Timestamps.Max }.ToRow(Rows.TenantId, Rows.Clock.Next(), Rows.Clock.Now);
        await MergeAsync(row);
        var statement = new Statement("select id, stamp, occurred_at, output_tokens, model_name, input_tokens > 4 from {token_usage} where tenant_id = $1 and id = $2 and stamp = $3 and occurred_at = $4 and input_tokens = $5");
        var read = await Store.QueryAsync(statement, [Rows.TenantId, row.Id, row.Stamp, row.OccurredAt, 5L],
            reader => (reader.Uuid(0), reader.Stamp(1), reader.Time(2), reader.Integer(3), reader.TextOrNull(4), reader.Boolean(5)), CancellationToken.None).SingleAsync();
        Assert.Equal((row.Id, row.Stamp, Timestamps.Max, long.MaxValue, null, true), read);
    }

    [Fact]
    public async Task a_query_that_the_caller_stops_half_way_leaves_the_store_working()
    {
        await MergeAsync([.. Enumerable.Range(0, 200).Select(i => Rows.Message($"{i}"))]);
        var statement = new Statement("select id from {session_memories} where tenant_id = $1");
        for (var i = 0; i < 40; i++)
            Assert.True(await Store.QueryAsync(statement, [Rows.TenantId], reader => reader.Uuid(0), CancellationToken.None).AnyAsync());
        Assert.Equal(200, await Store.QueryAsync(statement, [Rows.TenantId], reader => reader.Uuid(0), CancellationToken.None).CountAsync());
    }

    [Fact]
    public async Task a_statement_names_only_tables_of_the_catalogue() =>
        await Assert.ThrowsAsync<InvalidInputException>(async () =>
            await Store.QueryAsync(new Statement("select 1 from {pg_class}"), [], reader => 1, CancellationToken.None).ToListAsync());
}
