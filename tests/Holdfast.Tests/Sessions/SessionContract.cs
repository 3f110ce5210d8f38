using Holdfast.Rows;
using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Sessions;

/// <summary>What an agent calls, on both engines.</summary>
public abstract class SessionContract(Place place) : SessionTest(place)
{
    [Fact]
    public async Task messages_and_records_come_back_whole_and_in_their_order()
    {
        var session = await Memory.OpenSessionAsync("s", "ann");
        var before = DateTimeOffset.UnixEpoch.AddYears(30);
        await session.AppendSystemAsync("be kind");
        await session.AppendUserAsync("hi", new() { Key = "m1", OccurredAt = before, Author = "Ann", Metadata = Json("""{"a":[1.0]}""") });
        await session.AppendAssistantAsync("hello");
        await session.AppendToolAsync("42");
        await session.RecordAsync(MemoryType.Decision, Json("""{"what":"train"}"""));
        await session.RecordAsync(MemoryType.Summary, "a short talk");
        var all = await session.LoadAsync();
        Assert.Equal([MemoryType.MessageSystem, MemoryType.MessageUser, MemoryType.MessageAssistant, MemoryType.MessageTool, MemoryType.Decision, MemoryType.Summary], all.Select(memory => memory.Type));
        Assert.Equal(["be kind", "hi", "hello", "42", """{"what":"train"}""", "a short talk"], Texts(all));
        var hi = all[1];
        Assert.Equal(("m1", before, "Ann", """{"a":[1.0]}""", "ann", "s"), (hi.Key, hi.OccurredAt, hi.Author, hi.MetadataJson, hi.UserId, hi.SessionId));
        Assert.Equal(4, (await session.LoadChatAsync()).Count);
        Assert.Throws<InvalidOperationException>(() => all[4].ToChatMessage());
    }

    [Fact]
    public async Task a_session_reads_in_pages_forwards_backwards_and_by_its_end()
    {
        var session = await FilledAsync(25);
        var all = await session.LoadAsync();
        Assert.Equal(Numbers(0, 25), Texts(all));
        Assert.Equal(Numbers(20, 25), Texts(await session.LoadLastAsync(5)));
        Assert.Equal(Numbers(0, 25), Texts(await session.LoadLastAsync(100)));
        Assert.Equal(Numbers(5, 10), Texts(await session.LoadBeforeAsync(all[10].Stamp, 5)));
        Assert.Equal(Numbers(0, 3), Texts(await session.LoadBeforeAsync(all[3].Stamp, 5)));
        Assert.Equal(Numbers(11, 14), Texts(await session.LoadAfterAsync(all[10].Stamp, 3)));
        Assert.Empty(await session.LoadAfterAsync(all[24].Stamp, 3));
        Assert.Empty(await session.LoadLastAsync(0));
        Assert.Equal(Numbers(13, 25), Texts(await session.ReadAsync(all[12].Stamp).ToListAsync()));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => session.LoadLastAsync(-1));
    }

    [Fact]
    public async Task a_stream_can_be_left_half_way_any_number_of_times()
    {
        var session = await FilledAsync(30);
        for (var i = 0; i < 40; i++) Assert.Equal("0", (await session.ReadAsync().FirstAsync()).Text);
        Assert.Equal(30, await session.ReadAsync().CountAsync());
    }

    [Fact]
    public async Task messages_given_together_keep_their_order()
    {
        var session = await Memory.OpenSessionAsync("s");
        var receipts = await session.AppendAsync(Numbers(0, 200).Select(text => new Microsoft.Extensions.AI.ChatMessage(Microsoft.Extensions.AI.ChatRole.User, text)));
        Assert.Equal(receipts.Select(receipt => receipt.Stamp).Order(), receipts.Select(receipt => receipt.Stamp));
        Assert.Equal(Numbers(0, 200), Texts(await session.LoadAsync()));
    }

    [Fact]
    public async Task title_and_metadata_change_apart_and_only_from_the_expected_revision()
    {
        var session = await Memory.StartSessionAsync("ann", "first", Json("""{"a":1}"""));
        var info = (await session.GetInfoAsync())!;
        Assert.Equal(("first", """{"a":1}""", "ann", session.Id), (info.Title, info.Metadata!.Value.GetRawText(), info.UserId, info.Id));
        var second = await session.UpdateAsync("second", expectedRevision: info.Revision);
        Assert.True(second > info.Revision);
        var error = await Assert.ThrowsAsync<RevisionConflictException>(() => session.UpdateAsync("third", expectedRevision: info.Revision));
        Assert.Equal(info.Revision, error.Expected);
        var now = (await session.GetInfoAsync())!;
        Assert.Equal(("second", """{"a":1}""", second, info.StartedAt), (now.Title, now.Metadata!.Value.GetRawText(), now.Revision, now.StartedAt));
        await session.UpdateAsync(metadata: Json("[]"));
        now = (await session.GetInfoAsync())!;
        Assert.Equal(("second", "[]"), (now.Title, now.Metadata!.Value.GetRawText()));
    }

    [Fact]
    public async Task a_session_survives_the_process_and_goes_on_where_it_was()
    {
        await FilledAsync(3);
        await ReopenAsync();
        var session = (await Memory.ResumeSessionAsync("s"))!;
        Assert.Equal("ann", session.UserId);
        await session.AppendUserAsync("3");
        Assert.Equal(Numbers(0, 4), Texts(await session.LoadAsync()));
        Assert.Null(await Memory.ResumeSessionAsync("never started"));
        Assert.Null(await Memory.GetSessionInfoAsync("never started"));
    }

    [Fact]
    public async Task what_is_appended_after_a_message_of_a_fast_clock_stands_behind_it()
    {
        var fast = new HoldfastOptions { Connection = Options.Connection, Schema = Options.Schema, Home = Options.Home, TenantId = Options.TenantId };
        await using (var store = Place == Place.LocalFile ? Holdfast.Stores.Sqlite.SqliteStore.Open(HoldfastHome.LocalFile(Options.Home), TimeProvider.System) : await TestPlaces.OpenAsync(Place))
        {
            var clock = new Clock();
            clock.Correct(TimeSpan.FromHours(1));
            await using var ahead = await AgentMemory.OpenAsync(store, clock, fast, CancellationToken.None);
            await (await ahead.OpenSessionAsync("s")).AppendUserAsync("from the future");
        }
        var session = (await Memory.ResumeSessionAsync("s"))!;
        await session.AppendAssistantAsync("answer");
        await session.UpdateAsync("title after");
        Assert.Equal(["from the future", "answer"], Texts(await session.LoadAsync()));
        Assert.Equal("title after", (await session.GetInfoAsync())!.Title);
    }

    [Fact]
    public async Task sessions_are_listed_by_user_the_last_changed_first_and_in_pages()
    {
        for (var i = 0; i < 7; i++) await Memory.OpenSessionAsync($"s{i}", i % 2 == 0 ? "ann" : "bob");
        await (await Memory.ResumeSessionAsync("s0"))!.UpdateAsync("changed");
        Assert.Equal(["s0", "s6", "s5", "s4", "s3", "s2", "s1"], await Memory.ListSessionsAsync().Select(info => info.Id).ToListAsync());
        var ofAnn = await Memory.ListSessionsAsync("ann").ToListAsync();
        Assert.Equal(["s0", "s6", "s4", "s2"], ofAnn.Select(info => info.Id));
        Assert.Equal(["s0", "s6"], await Memory.ListSessionsAsync("ann", countMax: 2).Select(info => info.Id).ToListAsync());
        Assert.Equal(["s4", "s2"], await Memory.ListSessionsAsync("ann", before: ofAnn[1].Revision, countMax: 5).Select(info => info.Id).ToListAsync());
        Assert.Empty(await Memory.ListSessionsAsync("nobody").ToListAsync());
    }

    [Fact]
    public async Task recall_finds_any_of_the_words_the_best_first_and_signs_mean_nothing()
    {
        var session = await Memory.OpenSessionAsync("s", "ann");
        await session.AppendUserAsync("The train to Lisbon leaves at nine");
        await session.AppendUserAsync("We had fish for dinner in Lisbon");
        await session.AppendUserAsync("Nothing of that kind");
        await session.RecordAsync(MemoryType.Decision, Json("""{"choice":"the night train\nwith a couchette"}"""));
        var other = await Memory.OpenSessionAsync("other", "bob");
        await other.AppendUserAsync("my train is late");

        var found = await Memory.RecallAsync("lisbon OR train & (unknownword", "ann");
        Assert.Equal("The train to Lisbon leaves at nine", found[0].Memory.Text);
        Assert.Equal(3, found.Count);
        Assert.Equal(found.Select(one => one.Score).OrderDescending(), found.Select(one => one.Score));
        Assert.Equal(["my train is late"], Texts((await Memory.RecallAsync("train", sessionId: "other")).Select(one => one.Memory)));
        Assert.Single(await Memory.RecallAsync("couchette"));
        Assert.Equal(2, (await Memory.RecallAsync("train", countMax: 2)).Count);
        foreach (var signs in (string[])["", "  ", "!!! ' \" * -- %", "()&|<->:*"]) Assert.Empty(await Memory.RecallAsync(signs));
        foreach (var query in (string[])["AND", "NEAR(train)", "\"train", "train*", "'train' --", "a:b train", "NOT train"]) await Memory.RecallAsync(query);
    }

    [Fact]
    public async Task a_key_belongs_to_its_session_and_its_tenant()
    {
        var (one, two) = (await Memory.OpenSessionAsync("one"), await Memory.OpenSessionAsync("two"));
        var first = await one.AppendUserAsync("hi", new() { Key = "1" });
        var second = await two.AppendUserAsync("hi", new() { Key = "1" });
        Assert.Equal((AppendOutcome.Stored, AppendOutcome.Stored), (first.Outcome, second.Outcome));
        Assert.NotEqual(first.Id, second.Id);
        var again = await one.AppendUserAsync("hi", new() { Key = "1" });
        Assert.Equal((AppendOutcome.AlreadyStored, first.Id), (again.Outcome, again.Id));
        Assert.Equal(AppendOutcome.KeyConflict, (await one.AppendUserAsync("other", new() { Key = "1" })).Outcome);
    }

    [Fact]
    public async Task eight_writers_of_a_session_lose_and_double_nothing()
    {
        var session = await Memory.OpenSessionAsync("s");
        var receipts = await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            var mine = new List<AppendReceipt>();
            for (var i = 0; i < 50; i++) mine.Add(await session.AppendUserAsync($"{writer}/{i}"));
            return mine;
        })));
        var all = await session.LoadAsync();
        Assert.Equal(receipts.SelectMany(mine => mine).Select(receipt => receipt.Id).Order(), all.Select(memory => memory.Id).Order());
        foreach (var mine in receipts) Assert.Equal(mine.Select(receipt => receipt.Id), all.Where(memory => mine.Exists(receipt => receipt.Id == memory.Id)).Select(memory => memory.Id));
    }
}

public sealed class LocalFileSessionTests() : SessionContract(Place.LocalFile);

public sealed class PostgresSessionTests() : SessionContract(Place.Postgres);

public sealed class PgBouncerSessionTests() : SessionContract(Place.PgBouncer);

public sealed class RowSecuritySessionTests() : SessionContract(Place.RowSecurity);
