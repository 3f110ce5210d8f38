using System.Text.Json;
using Holdfast.Tests.Stores;
using Xunit;
using static Holdfast.Tests.Exchange.ExchangeTest;

namespace Holdfast.Tests.Exchange;

public sealed class ImportTests
{
    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task importing_twice_adds_nothing_and_says_so_whatever_the_file_is_called(Place place)
    {
        await using var memory = await EmptyAsync(place);
        var source = Lines(
            Message("a", "ok", "2026-01-01T10:00:00Z"), Message("a", "ok", "2026-01-01T10:00:00Z"), Message("a", "ok"), Message("b", "ok"), Message("a", "ok"),
            Message("a", "keyed", null, ",\"id\":\"7\""), Message("b", "keyed", null, ",\"id\":\"7\""));

        var first = await ImportAsync(memory, source, new ImportOptions { FileName = "one.jsonl" });
        var exported = await ExportAsync(memory);
        var second = await ImportAsync(memory, source, new ImportOptions { FileName = "elsewhere/two.jsonl" });

        Assert.Equal((7, 7, 0), (first.Lines, first.Imported, first.Already));
        Assert.Equal((7, 0, 7), (second.Lines, second.Imported, second.Already));
        Assert.Equal(exported, await ExportAsync(memory));
        Assert.Equal(["ok", "ok", "ok", "ok", "keyed"], await TextsAsync(memory, "a"));
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task files_that_were_joined_split_or_continued_add_only_what_is_new(Place place)
    {
        await using var memory = await EmptyAsync(place);
        var one = Lines(Message("a", "1"), Message("a", "1"), Message("a", "2", "2026-01-01T10:00:00Z"));
        var two = Lines(Message("b", "1"), Message("b", "1"));
        await ImportAsync(memory, one);
        await ImportAsync(memory, two);

        var joined = await ImportAsync(memory, two + one + Lines(Message("b", "3")));

        Assert.Equal((1, 5), (joined.Imported, joined.Already));
        Assert.Equal(["1", "1", "3"], await TextsAsync(memory, "b"));
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task order_is_the_sources_with_equal_and_decreasing_and_missing_times(Place place)
    {
        await using var memory = await EmptyAsync(place);
        string?[] times = ["2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z", "2025-06-01T00:00:00+02:00", null, "1969-07-20T20:17:40Z", "2026-01-01T10:00:00.000001Z", "0001-01-02T00:00:00Z", "9999-12-29T23:59:59.999999Z", "2026-01-01T10:00:00Z", null];

        await ImportAsync(memory, Lines(times.Select((time, i) => Message("s", $"{i}", time))));

        var stored = await (await memory.OpenSessionAsync("s")).LoadAsync();
        Assert.Equal(Enumerable.Range(0, times.Length).Select(i => $"{i}"), stored.Select(one => one.Text));
        Assert.Equal(new DateTimeOffset(2025, 5, 31, 22, 0, 0, TimeSpan.Zero), stored[2].OccurredAt);
        Assert.Equal(stored[2].OccurredAt, stored[3].OccurredAt);
        Assert.Equal(1969, stored[4].OccurredAt.Year);
        Assert.Equal(10, stored[5].OccurredAt.Microsecond + 9);
        Assert.Equal(9999, stored[7].OccurredAt.Year);
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task a_message_appended_after_an_import_from_the_future_stands_behind_it(Place place)
    {
        await using var memory = await EmptyAsync(place);
        var session = await memory.OpenSessionAsync("s");

        await ImportAsync(memory, Lines(Message("s", "from 2099", "2099-01-01T00:00:00Z")));
        await session.AppendUserAsync("now");

        Assert.Equal(["from 2099", "now"], await TextsAsync(memory, "s"));
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task sessions_of_an_import_are_listed_and_those_that_were_there_keep_their_title(Place place)
    {
        await using var memory = await EmptyAsync(place);
        await (await memory.OpenSessionAsync("known", "maria")).UpdateAsync("Mine");

        var source = Lines(Message("known", "x", "2026-01-01T10:00:00Z"), Message("new", "y", "2026-01-02T10:00:00Z"),
            """{"session_id":"named","memory_type":"session_metadata","content":{"title":"By hand"}}""", Message("named", "z"));
        await ImportAsync(memory, source);
        await ImportAsync(memory, source);

        Assert.Equal(["known", "named", "new"], (await memory.ListSessionsAsync().ToListAsync()).Select(info => info.Id).Order());
        Assert.Equal("Mine", (await memory.GetSessionInfoAsync("known"))!.Title);
        Assert.Equal("By hand", (await memory.GetSessionInfoAsync("named"))!.Title);
        var implied = (await memory.GetSessionInfoAsync("new"))!;
        Assert.Equal(("maria", new DateTimeOffset(2026, 1, 2, 10, 0, 0, TimeSpan.Zero)), (implied.UserId, implied.StartedAt));
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task an_import_that_was_interrupted_is_completed_by_the_next_to_the_same_content(Place place)
    {
        var source = Lines(Enumerable.Range(0, 20_000).Select(i => Message($"s{i % 7}", $"message {i % 100}", i % 3 == 0 ? null : $"2026-01-01T10:00:00.{i % 1000:000}Z")));
        await using var whole = await EmptyAsync(place);
        await ImportAsync(whole, source);

        await using var memory = await EmptyAsync(place);
        using var stop = new CancellationTokenSource();
        var progress = new Immediate<ImportProgress>(reached => { if (reached.Imported > 0) stop.Cancel(); });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new MemoryImport(memory, new ImportOptions { Progress = progress }).ReadAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(source)), stop.Token));
        var rest = await ImportAsync(memory, source);

        Assert.True(rest.Already > 0);
        Assert.Equal(20_000, rest.Imported + rest.Already);
        Assert.Equal(await ExportAsync(whole), await ExportAsync(memory));
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task a_key_with_another_content_is_counted_as_a_conflict_and_the_earlier_stands(Place place)
    {
        await using var memory = await EmptyAsync(place);
        await ImportAsync(memory, Lines(Message("s", "first", "2026-01-01T10:00:00Z", ",\"id\":\"1\"")));

        var second = await ImportAsync(memory, Lines(Message("s", "second", "2026-01-01T11:00:00Z", ",\"id\":\"1\"")));

        Assert.Equal((0, 0, 1), (second.Imported, second.Already, second.KeyConflicts));
        Assert.Equal(["first"], await TextsAsync(memory, "s"));
    }

    [Fact]
    public async Task lines_of_another_tenant_are_rejected_unless_all_go_to_one()
    {
        await using var memory = await EmptyAsync(Place.LocalFile, "mine");
        var source = Lines(Message("s", "x", null, ",\"tenant_id\":\"theirs\""), Message("s", "y", null, ",\"tenant_id\":\"mine\""));

        var refused = await ImportAsync(memory, source);
        var taken = await ImportAsync(memory, source, new ImportOptions { TenantId = "mine" });

        Assert.Equal("tenant_id", Assert.Single(refused.Rejects).Field);
        Assert.Equal((1, 1), (taken.Imported, taken.Already));
    }

    [Fact]
    public async Task byte_order_mark_carriage_returns_blank_lines_and_a_missing_last_line_feed_are_fine()
    {
        await using var memory = await EmptyAsync(Place.LocalFile);

        var result = await ImportAsync(memory, $"\uFEFF{Message("s", "1")}\r\n\r\n   \n{Message("s", "2")}\n\uFEFF{Message("s", "3")}");

        Assert.Equal((3, 3, 0), (result.Lines, result.Imported, result.Rejected));
        Assert.Equal(["1", "2", "3"], await TextsAsync(memory, "s"));
    }

    [Fact]
    public async Task user_and_session_of_lines_without_them_come_from_the_options()
    {
        await using var memory = await EmptyAsync(Place.LocalFile);

        await ImportAsync(memory, """{"role":"user","content":{"any":["json"]}}""", new ImportOptions { UserId = "omar", SessionId = "given" });

        var stored = Assert.Single(await (await memory.OpenSessionAsync("given")).LoadAsync());
        Assert.Equal(("omar", """{"any":["json"]}"""), (stored.UserId, stored.ContentJson));
    }

    [Fact]
    public async Task members_that_mean_nothing_are_named_and_calls_beside_a_text_are_kept()
    {
        await using var memory = await EmptyAsync(Place.LocalFile);

        var result = await ImportAsync(memory, """{"session_id":"s","role":"assistant","content":"calling","tool_calls":[{"id":"c1"}],"seq":1,"x":2}""");

        Assert.Equal(["seq", "x"], result.IgnoredFields);
        Assert.Equal("""{"content":"calling","tool_calls":[{"id":"c1"}]}""", Assert.Single(await (await memory.OpenSessionAsync("s")).LoadAsync()).ContentJson);
    }

    [Fact]
    public async Task progress_ends_with_what_the_result_says()
    {
        await using var memory = await EmptyAsync(Place.LocalFile);
        var last = default(ImportProgress);

        var result = await ImportAsync(memory, Lines(Message("s", "1"), "{broken", Message("s", "1", null, ",\"id\":\"a\"")),
            new ImportOptions { Progress = new Immediate<ImportProgress>(reached => last = reached) });

        Assert.Equal(new ImportProgress(3, 2, 0, 1, result.Bytes), last);
    }
}
