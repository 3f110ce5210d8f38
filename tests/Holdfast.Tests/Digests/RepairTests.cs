using Holdfast.Relay.Digests;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;
using Xunit;

namespace Holdfast.Tests.Digests;

public sealed class RepairTests : IAsyncLifetime
{
    private ThreeStores _stores = null!;

    public async ValueTask InitializeAsync() => _stores = await ThreeStores.OpenAsync();

    public ValueTask DisposeAsync() => _stores.DisposeAsync();

    [Fact]
    public async Task rows_missing_here_and_there_are_copied_from_where_they_are()
    {
        var rows = Enumerable.Range(0, 900).Select(i => _stores.Rows.Message($"{i}")).ToArray();
        await _stores.WriteToAsync(0, rows[..500]);
        await _stores.WriteToAsync(1, rows[300..]);
        await _stores.WriteToAsync(2, _stores.Rows.Revision("k", "1"), _stores.Rows.Erasure(rows[^1].Stamp, session: "other"));
        var report = await _stores.RepairAsync();
        Assert.True(report.After.IsEqual);
        Assert.Equal(Enumerable.Repeat(903L, 3), report.After.Providers.Select(provider => provider.Rows));
        Assert.Equal((400, 300, 900), (Copied(report, "neon"), Copied(report, "supabase"), Copied(report, "railway")));
        Assert.Equal("1", await _stores.TextAsync(0, "select content->>'value' from {s}.settings where key = 'k'"));
        Assert.True((await _stores.CompareAsync(deep: true)).IsEqual);
    }

    [Fact]
    public async Task the_lower_stamp_is_brought_to_where_a_higher_one_stands()
    {
        var (first, later) = (_stores.Rows.Message("first", key: "k"), _stores.Rows.Message("later", key: "k"));
        await _stores.WriteToAsync(0, later);
        await _stores.WriteToAsync(1, first);
        Assert.True((await _stores.RepairAsync()).After.IsEqual);
        for (var i = 0; i < 3; i++) Assert.Equal(first.Stamp, (await _stores.ReadAsync(i, first))!.Stamp);
        Assert.True((await _stores.CompareAsync(deep: true)).IsEqual);
    }

    [Fact]
    public async Task what_an_erasure_covers_arrives_empty()
    {
        var message = _stores.Rows.Message("secret");
        await _stores.WriteToAsync(0, message);
        await _stores.WriteToAsync(1, _stores.Rows.Erasure(message.Stamp, user: "ann"));
        Assert.True((await _stores.RepairAsync()).After.IsEqual);
        for (var i = 0; i < 3; i++) Assert.Null((await _stores.ReadAsync(i, message))!.Text("content"));
        Assert.True((await _stores.CompareAsync(deep: true)).IsEqual);
    }

    [Fact]
    public async Task content_that_differs_is_settled_on_what_most_say_and_the_other_is_kept()
    {
        var message = _stores.Rows.Message("hello");
        await _stores.WriteAsync(message);
        await _stores.HarmAsync(0, "update {s}.session_memories set content = '\"forged\"', author = 'nobody'");
        Assert.Equal(0, (await _stores.RepairAsync()).Count.Total);
        var report = await _stores.RepairAsync(deep: true);
        Assert.True(report.After.IsEqual);
        Assert.Equal([(Tables.SessionMemories, "neon", 0L, 1L)], report.Count.Done);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(("\"hello\"", null), ((await _stores.ReadAsync(i, message))!.Text("content"), (await _stores.ReadAsync(i, message))!.Text("author")));
            var kept = Assert.Single(await ConflictQueries.LostAsync(_stores[i], message.TenantId, 10, CancellationToken.None).ToListAsync());
            Assert.Equal((message.Id, message.Stamp, "ann"), ((Guid)kept["target_id"]!, kept.Stamp, kept.UserId));
            Assert.Contains("\"author\":\"nobody\",\"content\":\"forged\"", kept.Text("content"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task content_that_an_erasure_covers_is_emptied_and_not_kept()
    {
        var message = _stores.Rows.Message("secret");
        await _stores.WriteAsync(message, _stores.Rows.Erasure(message.Stamp, user: "ann"));
        await _stores.HarmAsync(0, "update {s}.session_memories set content = '\"risen\"'");
        Assert.True((await _stores.RepairAsync(deep: true)).After.IsEqual);
        for (var i = 0; i < 3; i++)
        {
            Assert.Null((await _stores.ReadAsync(i, message))!.Text("content"));
            Assert.All(await ConflictQueries.LostAsync(_stores[i], message.TenantId, 10, CancellationToken.None).ToListAsync(), kept => Assert.Null(kept.Text("content")));
        }
    }

    [Theory]
    [InlineData("delete from {s}.settings where key = 'k'", 0)]
    [InlineData("update {s}.settings set stamp = '01900000-0000-7000-8000-000000000000', content = '{}' where key = 'k'", 1)]
    [InlineData("update {s}.settings set stamp = 'ffffffff-ffff-7fff-8fff-ffffffffffff', content = '{}' where key = 'k'", 1)]
    [InlineData("update {s}.settings set content = '{\"value\":\"forged\"}' where key = 'k'", 1)]
    public async Task a_register_becomes_what_its_revisions_say_and_a_value_that_none_knows_is_kept(string harm, int kept)
    {
        var (first, second) = (_stores.Rows.Revision("k", "1"), _stores.Rows.Revision("k", "2"));
        await _stores.WriteAsync(first, second);
        await _stores.HarmAsync(1, harm);
        Assert.True((await _stores.RepairAsync(deep: true)).After.IsEqual);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal($"2 {second.Stamp}", await _stores.TextAsync(i, "select content->>'value' || ' ' || stamp from {s}.settings where key = 'k'"));
            Assert.Equal(kept, (await ConflictQueries.LostAsync(_stores[i], first.TenantId, 10, CancellationToken.None).ToListAsync()).Count);
        }
    }

    [Fact]
    public async Task a_register_that_stays_behind_its_revision_is_moved_on()
    {
        var (first, second) = (_stores.Rows.Revision("k", "1"), _stores.Rows.Revision("k", "2"));
        await _stores.WriteAsync(first, second);
        await _stores.HarmAsync(2, $"update {{s}}.settings set stamp = '{first.Stamp}', content = (select content from {{s}}.revisions where id = '{first.Id}')");
        Assert.True((await _stores.RepairAsync()).After.IsEqual);
        Assert.Equal("2", await _stores.TextAsync(2, "select content->>'value' from {s}.settings"));
        Assert.Empty(await ConflictQueries.LostAsync(_stores[0], first.TenantId, 10, CancellationToken.None).ToListAsync());
    }

    [Fact]
    public async Task a_register_without_any_revision_becomes_one_everywhere()
    {
        await _stores.HarmAsync(1, "insert into {s}.settings (tenant_id, key, stamp, occurred_at, content) values ('t', 'by hand', '01900000-0000-7000-8000-000000000000', now(), '{\"value\":1}')");
        Assert.True((await _stores.RepairAsync(deep: true)).After.IsEqual);
        for (var i = 0; i < 3; i++) Assert.Equal("1", await _stores.TextAsync(i, "select s.content->>'value' from {s}.settings s join {s}.revisions r on r.id = s.stamp"));
    }

    [Fact]
    public async Task a_row_that_a_store_refuses_is_named_and_the_others_go_on()
    {
        await _stores.WriteToAsync(0, _stores.Rows.Message("one"), _stores.Rows.Message("refused"), _stores.Rows.Message("two"));
        await _stores.HarmAsync(1, "alter table {s}.session_memories add constraint narrow check (content::text <> '\"refused\"')");
        var report = await _stores.RepairAsync();
        Assert.Single(report.After.Rows);
        Assert.Equal(DifferenceKind.Missing, report.After.Rows[0].Kind(1));
        var refused = Assert.Single(report.Count.RefusedRows);
        Assert.Equal(("supabase", report.After.Rows[0].Reference.Id), (refused.Provider, refused.Id));
        Assert.Equal((2, 3), (Copied(report, "supabase"), Copied(report, "railway")));
    }

    [Fact]
    public async Task more_differences_than_are_looked_at_at_a_time_are_mended_in_rounds()
    {
        await _stores.WriteToAsync(0, [.. Enumerable.Range(0, 100).Select(i => _stores.Rows.Message($"{i}"))]);
        var options = _stores.Options() with { RowsMax = 30, BucketRowsMax = 10 };
        var before = await _stores.CompareAsync(options);
        Assert.True(before.IsCut);
        Assert.True((await new StoreRepair(_stores.Compared, options).RunAsync(before, CancellationToken.None)).After.IsEqual);
    }

    private static long Copied(RepairReport report, string provider) => report.Count.Done.Where(done => done.Provider == provider && done.Table == Tables.SessionMemories).Sum(done => done.Copied);
}
