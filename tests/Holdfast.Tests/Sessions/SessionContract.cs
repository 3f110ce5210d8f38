using System.Text.Json;
using Holdfast.Rows;
using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Sessions;

/// <summary>What an agent calls, on both engines.</summary>
public abstract class SessionContract(Place place) : IAsyncLifetime
{
    private HoldfastOptions _options = new();
    private AgentMemory? _memory;

    private protected AgentMemory Memory => _memory!;

    private protected HoldfastOptions Options => _options;

    public async ValueTask InitializeAsync()
    {
        _options = await TestPlaces.OptionsAsync(place);
        _memory = await AgentMemory.OpenAsync(_options);
    }

    public async ValueTask DisposeAsync()
    {
        if (_memory is not null) await _memory.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private static JsonElement Json(string json) => JsonElement.Parse(json);

    private async Task<Session> FilledAsync(int count, string id = "s")
    {
        var session = await Memory.OpenSessionAsync(id, "ann");
        for (var i = 0; i < count; i++) await session.AppendUserAsync($"{i}");
        return session;
    }

    private static IEnumerable<string> Texts(IEnumerable<SessionMemory> memories) => memories.Select(memory => memory.Text);

    private static IEnumerable<string> Numbers(int from, int to) => Enumerable.Range(from, to - from).Select(i => $"{i}");

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
    public async Task a_deleted_message_is_hidden_everywhere_until_it_is_restored()
    {
        var session = await FilledAsync(3);
        var middle = (await session.LoadAsync())[1];
        await session.DeleteMemoryAsync(middle.Id);
        Assert.Equal(["0", "2"], Texts(await session.LoadAsync()));
        Assert.Equal(["0", "2"], Texts(await session.LoadLastAsync(5)));
        Assert.Empty(await Memory.RecallAsync("1"));
        await session.RestoreMemoryAsync(middle.Id);
        Assert.Equal(["0", "1", "2"], Texts(await session.LoadAsync()));
        Assert.Equal("1", Assert.Single(await Memory.RecallAsync("1")).Memory.Text);
    }

    [Theory]
    [InlineData("s")]
    [InlineData("team/a\\b 'ü' 🙂%_")]
    public async Task a_deleted_session_is_hidden_from_lists_recall_and_resuming_until_it_is_restored(string id)
    {
        var session = await Memory.OpenSessionAsync(id, "ann");
        await session.AppendUserAsync("remember the lighthouse");
        await session.DeleteAsync();
        Assert.Empty(await Memory.ListSessionsAsync("ann").ToListAsync());
        Assert.True((await Memory.ListSessionsAsync("ann", withDeleted: true).SingleAsync()).IsDeleted);
        Assert.Empty(await Memory.RecallAsync("lighthouse"));
        Assert.Null(await Memory.ResumeSessionAsync(id));
        Assert.True((await Memory.GetSessionInfoAsync(id))!.IsDeleted);
        Assert.Contains("was deleted", (await Assert.ThrowsAsync<HoldfastException>(() => Memory.OpenSessionAsync(id))).Message, StringComparison.Ordinal);

        // An edit does not raise the dead.
        await session.UpdateAsync("new title");
        Assert.Empty(await Memory.ListSessionsAsync("ann").ToListAsync());

        await Memory.RestoreSessionAsync(id);
        Assert.Equal((id, "new title"), await Memory.ListSessionsAsync("ann").Select(info => (info.Id, info.Title)).SingleAsync());
        Assert.Equal(["remember the lighthouse"], Texts(await (await Memory.ResumeSessionAsync(id))!.LoadAsync()));
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
        await Memory.DisposeAsync();
        _memory = await AgentMemory.OpenAsync(_options);
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
        var fast = new HoldfastOptions { Connection = _options.Connection, Schema = _options.Schema, Home = _options.Home, TenantId = _options.TenantId };
        await using (var store = place == Place.LocalFile ? Holdfast.Stores.Sqlite.SqliteStore.Open(HoldfastHome.LocalFile(_options.Home), TimeProvider.System) : await TestPlaces.OpenAsync(place))
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
    public async Task forgetting_a_user_empties_what_was_said_and_lets_the_user_begin_again()
    {
        var (ann, bob) = (await Memory.OpenSessionAsync("a", "ann"), await Memory.OpenSessionAsync("b", "bob"));
        await ann.AppendUserAsync("my secret is opal", new() { Key = "k" });
        await bob.AppendUserAsync("opal is a stone");
        await Memory.ForgetUserAsync("ann");
        Assert.Empty(await ann.LoadAsync());
        Assert.Equal("opal is a stone", Assert.Single(await Memory.RecallAsync("opal")).Memory.Text);
        Assert.Empty(await Memory.ListSessionsAsync("ann").ToListAsync());

        var receipt = await ann.AppendUserAsync("hello again");
        Assert.False(receipt.Erased);
        Assert.Equal(["hello again"], Texts(await ann.LoadAsync()));
    }

    [Fact]
    public async Task forgetting_a_session_leaves_the_others()
    {
        var (one, two) = (await FilledAsync(2, "one"), await FilledAsync(2, "two"));
        await Memory.ForgetSessionAsync("one");
        Assert.Empty(await one.LoadAsync());
        Assert.Equal(["0", "1"], Texts(await two.LoadAsync()));
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
