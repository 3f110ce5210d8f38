using System.Text.Json;
using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Sessions;

/// <summary>JSON wherever it goes in: kept as it was written, or refused for its depth.</summary>
public sealed class BadJsonTests
{
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
    [MemberData(nameof(InputTarget.Engines), MemberType = typeof(InputTarget))]
    public async Task json_of_64_levels_is_kept_and_of_65_refused(Place place)
    {
        await using var target = await InputTarget.OpenAsync(place);
        foreach (var (field, writeAsync, readAsync) in JsonFields)
        {
            await target.RefusesAsync(field, ["65 levels", "64"], () => writeAsync(target, Nested(65)));
            await target.RefusesAsync(field, ["2000 levels", "64"], () => writeAsync(target, Nested(2_000)));
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
        foreach (var place in InputTarget.Places)
        {
            await using var target = await InputTarget.OpenAsync(place);
            foreach (var (field, writeAsync, readAsync) in JsonFields)
            {
                await writeAsync(target, JsonElement.Parse(json));
                Assert.True(json == (await readAsync(target)).GetRawText(), $"{place}, {field}: {json} was changed.");
            }
        }
    }
}
