using System.Text;
using System.Text.Json;
using Holdfast.Rows;
using Holdfast.Tests.Stores;
using Microsoft.Extensions.AI;
using Xunit;

namespace Holdfast.Tests.Sessions;

/// <summary>Text in every field that takes one: kept as it is, or refused.</summary>
public sealed class BadTextTests
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

    public static TheoryData<Place, string> Fields
    {
        get
        {
            var data = new TheoryData<Place, string>();
            foreach (var place in InputTarget.Places)
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
            await target.RefusesAsync(Field(name).ErrorField, [says], () => Field(name).WriteAsync(target, text), what);
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
            await target.RefusesAsync(Field(name).ErrorField, ["is empty"], () => Field(name).WriteAsync(target, ""));
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
        await target.RefusesAsync(field.ErrorField, [$"{limit + 1} bytes", $"{limit}"], () => field.WriteAsync(target, fits + "z"));
        await target.RefusesAsync(field.ErrorField, ["10000 bytes", $"{limit}"], () => field.WriteAsync(target, new string('i', 10_000)));
        await field.WriteAsync(target, fits);
        Assert.Equal(fits, await field.ReadAsync(target));
    }

    [Theory]
    [MemberData(nameof(InputTarget.Engines), MemberType = typeof(InputTarget))]
    public async Task content_just_below_16_MiB_is_kept_and_above_is_refused(Place place)
    {
        await using var target = await InputTarget.OpenAsync(place);
        var random = new Random(5);
        var fits = string.Create(Limits.JsonBytesMax - 2, random, (span, r) => { for (var i = 0; i < span.Length; i++) span[i] = (char)r.Next('a', 'z' + 1); });
        await target.Session.AppendUserAsync(fits);
        Assert.True(fits == (await target.LastAsync()).Text);
        await target.RefusesAsync("content", ["16777217 bytes", "16777216"], () => target.Session.AppendUserAsync(fits + "abc"));
        await target.RefusesAsync("content", ["16777216"], () => target.Session.AppendUserAsync(fits + "a"));
        await target.RefusesAsync("content", ["16777216"], () => target.Session.AppendUserAsync(new string('\n', 10_000_000)));
        await target.RefusesAsync("content", ["16777216"], () => target.Session.AppendUserAsync(new string('€', 6_000_000)));
        await target.RefusesAsync("content", ["16777216"], () => target.Session.RecordAsync(MemoryType.Log, JsonElement.Parse($"\"{fits}abc\"")));
        await target.RefusesAsync("metadata", ["16777216"], () => target.Session.AppendUserAsync("x", new() { Metadata = JsonElement.Parse($"\"{fits}abc\"") }));
        await target.RefusesAsync("value", ["16777216"], () => target.Memory.Settings.SetAsync("c", "n", JsonElement.Parse($"\"{fits}abc\"")));
        await target.RefusesAsync("metadata", ["16777216"], () => target.Session.UpdateAsync(metadata: JsonElement.Parse($"\"{fits}abc\"")));
        await target.RefusesAsync("content", ["16777216"], () => target.Session.AppendAsync(new ChatMessage(ChatRole.User, [new DataContent(new byte[13_000_000], "image/png")])));
    }
}
