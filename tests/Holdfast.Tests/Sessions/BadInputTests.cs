using System.Globalization;
using System.Text;
using System.Text.Json;
using Holdfast.Rows;
using Holdfast.Tests.Stores;
using Microsoft.Extensions.AI;
using Xunit;

namespace Holdfast.Tests.Sessions;

/// <summary>
/// Every input is stored and read back identical, or refused before any I/O with an error that names the field, the limit and
/// the size. The same on both engines: each test is a table of cases that runs on each.
/// </summary>
public sealed class BadInputTests
{
    /// <summary>What some store would change or refuse: (name, text, what the error says).</summary>
    private static readonly (string Name, string Text, string Error)[] Broken =
    [
        ("U+0000", "a\0b", "U+0000"),
        ("only U+0000", "\0", "U+0000"),
        ("first half of a pair", "ab\ud83d", "surrogate"),
        ("second half of a pair", "\ude42ab", "surrogate"),
        ("halves in the wrong order", "\ude42\ud83d", "surrogate"),
    ];

    /// <summary>What looks dangerous and is kept.</summary>
    private static readonly (string Name, string Text)[] Odd =
    [
        ("SQL", "'; drop table session_memories; -- \" $1 {sessions} @p :p ?"),
        ("LIKE", "100%_\\%\\_[a-z]*"),
        ("JSON", "{\"$chat\":1,\"a\":\"\\u0000\"}"),
        ("right to left", "שלום \u202eevil\u202c العربية"),
        ("emoji", "👩‍👩‍👧‍👦🏳️‍🌈 e\u0301 ﷽"),
        ("controls", "\u0001\u0008\t\n\r\u000b\u001f\u007f\u0085\u2028\u2029"),
        ("replacement character", "\ufffd\ufeff\uffff\ufffe"),
        ("spaces", "  \u00a0\u3000 "),
        ("last characters", "\U0010ffff\U00010000\ud7ff\ue000"),
        ("path", "../../etc/passwd\\..\\x//y"),
    ];

    public static TheoryData<Place> Engines => [Place.LocalFile, Place.Postgres];

    private static async Task RefusedAsync(InputTarget target, string field, string[] says, Func<Task> write, string? what = null)
    {
        var rows = await target.CountRowsAsync();
        var calls = target.Calls;
        var error = await Record.ExceptionAsync(write);
        var refused = error as InvalidInputException;
        Assert.True(refused is not null, $"{field} {what}: {error?.ToString() ?? "was taken"}");
        Assert.Equal(field, refused.Field);
        Assert.All(says, part => Assert.Contains(part, refused.Message, StringComparison.Ordinal));
        Assert.True(calls == target.Calls, $"{field} {what}: the store was called {target.Calls - calls} times before the refusal.");
        Assert.Equal(rows, await target.CountRowsAsync());
    }

    public static TheoryData<Place, string> Fields
    {
        get
        {
            var data = new TheoryData<Place, string>();
            foreach (var place in (Place[])[Place.LocalFile, Place.Postgres])
                foreach (var one in InputField.All) data.Add(place, one.Name);
            return data;
        }
    }

    private static InputField Field(string name) => InputField.All.Single(field => field.Name == name);

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task text_that_is_no_unicode_text_or_holds_a_nul_is_refused_in_every_field(Place place, string name)
    {
        await using var target = await InputTarget.OpenAsync(place);
        foreach (var (what, text, says) in Broken)
            await RefusedAsync(target, Field(name).ErrorField, [says], () => Field(name).WriteAsync(target, text), what);
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task text_that_looks_dangerous_is_read_back_identical_from_every_field(Place place, string name)
    {
        foreach (var (what, text) in Odd)
        {
            await using var target = await InputTarget.OpenAsync(place);
            await Field(name).WriteAsync(target, text);
            Assert.True(Field(name).Given(text) == await Field(name).ReadAsync(target), $"{name}, {what}: was changed.");
        }
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task an_empty_text_is_kept_where_it_means_something_and_refused_as_an_identifier(Place place, string name)
    {
        await using var target = await InputTarget.OpenAsync(place);
        if (Field(name).IsId)
        {
            await RefusedAsync(target, Field(name).ErrorField, ["is empty"], () => Field(name).WriteAsync(target, ""));
            return;
        }
        await Field(name).WriteAsync(target, "");
        Assert.Equal(Field(name).Given(""), await Field(name).ReadAsync(target));
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task a_text_at_its_limit_is_kept_and_one_byte_more_is_refused_with_both_numbers(Place place, string name)
    {
        var field = Field(name);
        if (field.BytesMax is not { } limit) return;
        await using var target = await InputTarget.OpenAsync(place);
        // Random, so that no engine can compress it below the limit of an index entry.
        var random = new Random(11);
        var fits = string.Concat(Enumerable.Range(0, limit / 2 - 1).Select(_ => (char)random.Next(0x100, 0x7ff))) + "xy";
        Assert.Equal(limit, Encoding.UTF8.GetByteCount(fits));
        await RefusedAsync(target, field.ErrorField, [$"{limit + 1} bytes", $"{limit}"], () => field.WriteAsync(target, fits + "z"));
        await RefusedAsync(target, field.ErrorField, ["10000 bytes", $"{limit}"], () => field.WriteAsync(target, new string('i', 10_000)));
        await field.WriteAsync(target, fits);
        Assert.Equal(fits, await field.ReadAsync(target));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task content_just_below_16_MiB_is_kept_and_above_is_refused(Place place)
    {
        await using var target = await InputTarget.OpenAsync(place);
        var random = new Random(5);
        var fits = string.Create(Limits.JsonBytesMax - 2, random, (span, r) => { for (var i = 0; i < span.Length; i++) span[i] = (char)r.Next('a', 'z' + 1); });
        await target.Session.AppendUserAsync(fits);
        Assert.True(fits == (await target.LastAsync()).Text);
        await RefusedAsync(target, "content", ["16777217 bytes", "16777216"], () => target.Session.AppendUserAsync(fits + "abc"));
        await RefusedAsync(target, "content", ["16777216"], () => target.Session.AppendUserAsync(fits + "a"));
        await RefusedAsync(target, "content", ["16777216"], () => target.Session.AppendUserAsync(new string('\n', 10_000_000)));
        await RefusedAsync(target, "content", ["16777216"], () => target.Session.AppendUserAsync(new string('€', 6_000_000)));
        await RefusedAsync(target, "content", ["16777216"], () => target.Session.RecordAsync(MemoryType.Log, JsonElement.Parse($"\"{fits}abc\"")));
        await RefusedAsync(target, "metadata", ["16777216"], () => target.Session.AppendUserAsync("x", new() { Metadata = JsonElement.Parse($"\"{fits}abc\"") }));
        await RefusedAsync(target, "value", ["16777216"], () => target.Memory.Settings.SetAsync("c", "n", JsonElement.Parse($"\"{fits}abc\"")));
        await RefusedAsync(target, "metadata", ["16777216"], () => target.Session.UpdateAsync(metadata: JsonElement.Parse($"\"{fits}abc\"")));
        await RefusedAsync(target, "content", ["16777216"], () => target.Session.AppendAsync(new ChatMessage(ChatRole.User, [new DataContent(new byte[13_000_000], "image/png")])));
    }

    private static JsonElement Nested(int levels) =>
        JsonElement.Parse(string.Concat(Enumerable.Repeat("{\"a\":[", levels / 2)) + (levels % 2 == 1 ? "[1]" : "1") + string.Concat(Enumerable.Repeat("]}", levels / 2)), new JsonDocumentOptions { MaxDepth = 10_000 });

    /// <summary>Where JSON goes in: (field, write, read).</summary>
    private static readonly (string Field, Func<InputTarget, JsonElement, Task> WriteAsync, Func<InputTarget, Task<JsonElement>> ReadAsync)[] JsonFields =
    [
        ("content", (to, json) => to.Session.RecordAsync(MemoryType.Decision, json), async to => (await to.LastAsync()).Content),
        ("metadata", (to, json) => to.Session.AppendUserAsync("x", new() { Metadata = json }), async to => (await to.LastAsync()).Metadata!.Value),
        ("metadata", (to, json) => to.Session.UpdateAsync(metadata: json), async to => (await to.Session.GetInfoAsync())!.Metadata!.Value),
        ("value", (to, json) => to.Memory.Settings.SetAsync("c", "n", json), async to => (await to.Memory.Settings.GetAsync("c", "n"))!.Value),
    ];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task json_of_64_levels_is_kept_and_of_65_refused(Place place)
    {
        await using var target = await InputTarget.OpenAsync(place);
        foreach (var (field, writeAsync, readAsync) in JsonFields)
        {
            await RefusedAsync(target, field, ["65 levels", "64"], () => writeAsync(target, Nested(65)));
            await RefusedAsync(target, field, ["2000 levels", "64"], () => writeAsync(target, Nested(2_000)));
            await writeAsync(target, Nested(64));
            Assert.Equal(Nested(64).GetRawText(), (await readAsync(target)).GetRawText());
        }
    }

    [Theory]
    [InlineData("""{"n":[1.0,-0,-0.0,1e400,1E+2,0.10,123456789012345678901234567890.123456789]}""")]
    [InlineData("""{"a":1,"a":2,"A":3,"":4}""")]
    [InlineData("""{"z":1,"a":[true,false,null,"x",{},[]]}""")]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("0")]
    [InlineData("[]")]
    public async Task json_is_kept_as_it_was_written_numbers_and_double_members_included(string json)
    {
        foreach (var place in (Place[])[Place.LocalFile, Place.Postgres])
        {
            await using var target = await InputTarget.OpenAsync(place);
            foreach (var (field, writeAsync, readAsync) in JsonFields)
            {
                await writeAsync(target, JsonElement.Parse(json));
                Assert.True(json == (await readAsync(target)).GetRawText(), $"{place}, {field}: {json} was changed.");
            }
        }
    }

    public static readonly TheoryData<string, bool> Times = new()
    {
        { "0001-01-01T00:00:00.0000000+00:00", false },
        { "0001-01-01T23:59:59.9999999+00:00", false },
        { "0001-01-02T00:00:00.0000000+00:00", true },
        { "0001-01-02T13:59:59.0000000+14:00", false },
        { "1969-12-31T23:59:59.9999990+00:00", true },
        { "1970-01-01T00:00:00.0000000+00:00", true },
        { "2024-02-29T23:59:59.1234560-11:30", true },
        { "9999-12-30T00:00:00.0000000+00:00", true },
        { "9999-12-30T00:00:00.0000001+00:00", false },
        { "9999-12-31T23:59:59.9999999+00:00", false },
    };

    [Theory]
    [MemberData(nameof(Times))]
    public async Task times_within_the_range_are_kept_and_others_refused(string text, bool isKept)
    {
        var time = DateTimeOffset.ParseExact(text, "O", CultureInfo.InvariantCulture);
        foreach (var place in (Place[])[Place.LocalFile, Place.Postgres])
        {
            await using var target = await InputTarget.OpenAsync(place);
            Func<Task>[] writes =
            [
                () => target.Session.AppendUserAsync("x", new() { OccurredAt = time }),
                () => target.Session.AppendAsync(new ChatMessage(ChatRole.User, "x") { CreatedAt = time }),
            ];
            foreach (var write in writes)
            {
                if (!isKept)
                {
                    await RefusedAsync(target, "occurred_at", [time.ToString("O", CultureInfo.InvariantCulture), "0001-01-02", "9999-12-30"], write);
                    continue;
                }
                await write();
                Assert.Equal(time, (await target.LastAsync()).OccurredAt);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task what_is_missing_or_unknown_is_refused_by_its_name(Place place)
    {
        await using var target = await InputTarget.OpenAsync(place);
        await RefusedAsync(target, "memory_type", ["'99'", "message_user"], () => target.Session.RecordAsync((MemoryType)99, "x"));
        await RefusedAsync(target, "role", ["developer", "assistant"], () => target.Session.AppendAsync(new ChatMessage(new ChatRole("developer"), "x")));
        await RefusedAsync(target, "content", ["missing"], () => target.Session.RecordAsync(MemoryType.Log, default(JsonElement)));
        await RefusedAsync(target, "value", ["missing"], () => target.Memory.Settings.SetAsync("c", "n", default));
        await RefusedAsync(target, "connection", ["postgres://"], () => AgentMemory.OpenAsync("no connection at all"));
        await RefusedAsync(target, "tenant_id", ["200 bytes", "128"], () => AgentMemory.OpenAsync(new HoldfastOptions { TenantId = new string('t', 200) }));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task a_batch_of_messages_with_one_bad_writes_none(Place place)
    {
        await using var target = await InputTarget.OpenAsync(place);
        await RefusedAsync(target, "content", ["U+0000"], () => target.Session.AppendAsync([new(ChatRole.User, "good"), new(ChatRole.User, "a\0b"), new(ChatRole.User, "good")]));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task the_same_key_with_other_content_is_told_and_the_first_stands(Place place)
    {
        await using var target = await InputTarget.OpenAsync(place);
        var first = await target.Session.AppendUserAsync("one", new() { Key = "k" });
        var again = await target.Session.AppendUserAsync("one", new() { Key = "k" });
        var other = await target.Session.AppendUserAsync("two", new() { Key = "k" });
        Assert.Equal([AppendOutcome.Stored, AppendOutcome.AlreadyStored, AppendOutcome.KeyConflict], [first.Outcome, again.Outcome, other.Outcome]);
        Assert.Equal((first.Id, first.Id), (again.Id, other.Id));
        Assert.Equal("one", Assert.Single(await target.Session.LoadAsync()).Text);
    }
}
