using Holdfast.Relay.Digests;
using Holdfast.Rows;
using Xunit;

namespace Holdfast.Tests.Digests;

public sealed class ComparisonTests : IAsyncLifetime
{
    private ThreeStores _stores = null!;

    public async ValueTask InitializeAsync() => _stores = await ThreeStores.OpenAsync();

    public ValueTask DisposeAsync() => _stores.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task stores_with_the_same_rows_in_every_table_are_equal_across_majors_and_behind_a_pooler(bool deep)
    {
        await _stores.WriteAsync([.. Tables.Appends.Where(table => table != Tables.Erasures).Select(_stores.Rows.Full)]);
        await _stores.WriteAsync(_stores.Rows.Revision("k", "1"), _stores.Rows.Message("hello"));
        var report = await _stores.CompareAsync(deep);
        Assert.True(report.IsEqual, Explain(report));
        Assert.All(report.Providers, provider => Assert.Equal((report.Providers[0].Rows, provider.Rows), (provider.Rows, provider.RowsHashed)));
        Assert.Equal(Tables.Appends.Count() + 3, report.Providers[0].Rows);
    }

    [Fact]
    public async Task stores_written_in_another_order_and_with_erasures_are_equal()
    {
        Row[] rows = [.. Enumerable.Range(0, 50).Select(i => _stores.Rows.Message($"{i}", user: i % 2 == 0 ? "ann" : "bob")), _stores.Rows.Revision("k", "1"), _stores.Rows.Revision("k", "2")];
        var erasure = _stores.Rows.Erasure(rows[20].Stamp, user: "ann");
        await _stores.WriteToAsync(0, [.. rows, erasure]);
        await _stores.WriteToAsync(1, erasure);
        foreach (var row in rows.Reverse()) await _stores.WriteToAsync(1, row);
        await _stores.WriteToAsync(2, rows);
        await _stores.WriteToAsync(2, erasure);
        Assert.True((await _stores.CompareAsync(deep: true)).IsEqual);
    }

    [Fact]
    public async Task the_session_s_time_zone_and_date_style_change_no_hash()
    {
        await _stores.WriteAsync(_stores.Rows.Full(Tables.JobOutcomes));
        await _stores.HarmAsync(0, "do $$ begin execute format('alter database %I set timezone = ''Asia/Kolkata''', current_database()); execute format('alter database %I set datestyle = ''SQL, DMY''', current_database()); end $$");
        await using var other = await Stores.TestPlaces.OpenPostgresAsync(Stores.Place.Postgres, _stores[0].Schema);
        Assert.Equal("Asia/Kolkata", await other.QueryAsync(new("select current_setting('timezone')"), [], row => row.Text(0), CancellationToken.None).FirstAsync());
        var report = await new StoreComparison([new("here", other), .. _stores.Compared], _stores.Options(deep: true)).RunAsync(CancellationToken.None);
        await _stores.HarmAsync(0, "do $$ begin execute format('alter database %I reset all', current_database()); end $$");
        Assert.True(report.IsEqual, Explain(report));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task a_missing_row_is_found_and_named(int store)
    {
        var (lost, other) = (_stores.Rows.Message("lost"), _stores.Rows.Message("other"));
        await _stores.WriteAsync(other);
        for (var i = 0; i < 3; i++)
            if (i != store) await _stores.WriteToAsync(i, lost);
        var difference = Assert.Single((await _stores.CompareAsync()).Rows);
        Assert.Equal((Tables.SessionMemories, lost.TenantId, lost.Id.ToString()), (difference.Table, difference.Key.TenantId, difference.Key.Key));
        Assert.Equal(Enumerable.Range(0, 3).Select(i => i == store ? DifferenceKind.Missing : DifferenceKind.None), Enumerable.Range(0, 3).Select(difference.Kind));
    }

    [Fact]
    public async Task another_stamp_is_found_and_the_lower_one_is_right()
    {
        var (first, later) = (_stores.Rows.Message("a", key: "k"), _stores.Rows.Message("a", key: "k"));
        await _stores.WriteToAsync(0, later);
        await _stores.WriteToAsync(1, first);
        await _stores.WriteToAsync(2, first);
        var difference = Assert.Single((await _stores.CompareAsync()).Rows);
        Assert.Equal((DifferenceKind.OtherStamp, DifferenceKind.None, first.Stamp), (difference.Kind(0), difference.Kind(1), difference.Winner));
    }

    [Theory]
    [InlineData("content = '\"other\"'")]
    [InlineData("author = ''")]
    [InlineData("metadata = '{}'")]
    [InlineData("occurred_at = occurred_at + interval '1 microsecond'")]
    [InlineData("user_id = session_id, session_id = user_id")]
    public async Task another_content_is_found_by_deep_alone(string change)
    {
        var message = _stores.Rows.Message("hello");
        await _stores.WriteAsync(message, _stores.Rows.Message("other"));
        await _stores.HarmAsync(1, $"update {{s}}.session_memories set {change} where id = '{message.Id}'");
        Assert.True((await _stores.CompareAsync()).IsEqual);
        var difference = Assert.Single((await _stores.CompareAsync(deep: true)).Rows);
        Assert.Equal((message.Id.ToString(), DifferenceKind.None, DifferenceKind.OtherContent, DifferenceKind.None), (difference.Key.Key, difference.Kind(0), difference.Kind(1), difference.Kind(2)));
    }

    [Fact]
    public async Task a_register_that_was_changed_by_hand_is_found()
    {
        await _stores.WriteAsync(_stores.Rows.Revision("k", "1"), _stores.Rows.Revision("other", "1"));
        await _stores.HarmAsync(2, "update {s}.settings set content = '{}' where key = 'k'");
        Assert.True((await _stores.CompareAsync()).IsEqual);
        Assert.Equal((Tables.Settings, "k", DifferenceKind.OtherContent), Only(await _stores.CompareAsync(deep: true), 2));
        await _stores.HarmAsync(2, $"update {{s}}.settings set stamp = '{Stamp.None}' where key = 'k'");
        Assert.Equal((Tables.Settings, "k", DifferenceKind.OtherStamp), Only(await _stores.CompareAsync(), 2));
        await _stores.HarmAsync(2, "delete from {s}.settings where key = 'k'");
        Assert.Equal((Tables.Settings, "k", DifferenceKind.Missing), Only(await _stores.CompareAsync(), 2));
    }

    [Fact]
    public async Task large_buckets_are_opened_in_parts_and_portions()
    {
        await _stores.WriteAsync([.. Enumerable.Range(0, 600).Select(i => _stores.Rows.Message($"{i}"))]);
        var lost = Enumerable.Range(0, 20).Select(i => _stores.Rows.Message($"lost {i}", stamp: new Stamp(new Guid($"01{i:x2}0000-0000-7000-8000-000000000000")))).ToArray();
        await _stores.WriteToAsync(0, lost);
        await _stores.HarmAsync(1, "delete from {s}.session_memories where stamp in (select stamp from {s}.session_memories order by stamp desc limit 5)");
        var options = _stores.Options() with { BucketRowsMax = 10, RowsMax = 7 };
        // Everything is found within as many passes as it takes; one pass says that it did not look at the rest.
        Assert.True((await _stores.CompareAsync(options)).IsCut);
        var report = await _stores.CompareAsync(options with { RowsMax = 1_000 });
        Assert.Equal((25, false), (report.Rows.Count, report.IsCut));
    }

    [Fact]
    public async Task rows_that_are_on_their_way_are_waited_for_and_rows_that_stay_away_are_not_for_ever()
    {
        var late = _stores.Rows.Message("late");
        await _stores.WriteToAsync(0, late);
        await _stores.WriteToAsync(1, late);
        var comparing = _stores.CompareAsync(_stores.Options() with { Patience = TimeSpan.FromMinutes(1) });
        await _stores.WriteToAsync(2, late);
        Assert.True((await comparing).IsEqual);
        await _stores.WriteToAsync(1, _stores.Rows.Message("never"));
        Assert.Single((await _stores.CompareAsync(_stores.Options() with { Patience = TimeSpan.FromMilliseconds(200) })).Rows);
    }

    private static string Explain(ComparisonReport report) => string.Join("; ", report.Rows.Select(row =>
        $"{row.Table} {row.Key.Key}: {string.Join(", ", report.Providers.Select((_, i) => row.Kind(i)))}"));

    private static (Table, string, DifferenceKind) Only(ComparisonReport report, int store)
    {
        var difference = Assert.Single(report.Rows);
        return (difference.Table, difference.Key.Key, difference.Kind(store));
    }
}
