using System.Globalization;
using System.Text.Json;
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
        foreach (var place in InputTarget.Places)
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
                    await target.RefusesAsync("occurred_at", [time.ToString("O", CultureInfo.InvariantCulture), "0001-01-02", "9999-12-30"], write);
                    continue;
                }
                await write();
                Assert.Equal(time, (await target.LastAsync()).OccurredAt);
            }
        }
    }

    [Theory]
    [MemberData(nameof(InputTarget.Engines), MemberType = typeof(InputTarget))]
    public async Task what_is_missing_or_unknown_is_refused_by_its_name(Place place)
    {
        await using var target = await InputTarget.OpenAsync(place);
        await target.RefusesAsync("memory_type", ["'99'", "message_user"], () => target.Session.RecordAsync((MemoryType)99, "x"));
        await target.RefusesAsync("role", ["developer", "assistant"], () => target.Session.AppendAsync(new ChatMessage(new ChatRole("developer"), "x")));
        await target.RefusesAsync("content", ["missing"], () => target.Session.RecordAsync(MemoryType.Log, default(JsonElement)));
        await target.RefusesAsync("value", ["missing"], () => target.Memory.Settings.SetAsync("c", "n", default));
        await target.RefusesAsync("connection", ["postgres://"], () => AgentMemory.OpenAsync("no connection at all"));
        await target.RefusesAsync("tenant_id", ["200 bytes", "128"], () => AgentMemory.OpenAsync(new HoldfastOptions { TenantId = new string('t', 200) }));
    }

    [Theory]
    [MemberData(nameof(InputTarget.Engines), MemberType = typeof(InputTarget))]
    public async Task a_batch_of_messages_with_one_bad_writes_none(Place place)
    {
        await using var target = await InputTarget.OpenAsync(place);
        await target.RefusesAsync("content", ["U+0000"], () => target.Session.AppendAsync([new(ChatRole.User, "good"), new(ChatRole.User, "a\0b"), new(ChatRole.User, "good")]));
    }

    [Theory]
    [MemberData(nameof(InputTarget.Engines), MemberType = typeof(InputTarget))]
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
