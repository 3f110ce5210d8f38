using System.Text.Json;
using Holdfast.Tests.Stores;
using Microsoft.Extensions.AI;
using Xunit;

namespace Holdfast.Tests.Sessions;

/// <summary>A ChatMessage goes in and comes out without loss.</summary>
public sealed class ChatMessageTests
{
    private static readonly DateTimeOffset Ticks = new DateTimeOffset(2026, 3, 29, 2, 30, 0, TimeSpan.FromHours(-7)).AddTicks(1_234_567);

    private static readonly Dictionary<string, ChatMessage> Messages = new()
    {
        ["text"] = new(ChatRole.User, "plain"),
        ["text with everything"] = new(ChatRole.Assistant, "x") { AuthorName = "Ann", MessageId = "m 1", CreatedAt = Ticks, AdditionalProperties = new() { ["n"] = 1.5, ["s"] = "t", ["o"] = JsonElement.Parse("{\"a\":[null]}") } },
        ["utc ticks"] = new(ChatRole.User, "x") { CreatedAt = Ticks.ToUniversalTime() },
        ["no contents"] = new(ChatRole.Assistant, (IList<AIContent>)[]),
        ["several texts"] = new(ChatRole.User, [new TextContent("a"), new TextContent(""), new TextContent("b") { AdditionalProperties = new() { ["k"] = "v" } }]),
        ["function call"] = new(ChatRole.Assistant, [new FunctionCallContent("call_1", "weather", new Dictionary<string, object?> { ["city"] = "Lisbon", ["days"] = 3, ["exact"] = 0.1, ["nothing"] = null, ["list"] = new[] { "a", "b" } })]),
        ["function result"] = new(ChatRole.Tool, [new FunctionResultContent("call_1", JsonElement.Parse("{\"degrees\":[21,22.5]}")), new FunctionResultContent("call_2", "text"), new FunctionResultContent("call_3", null)]),
        ["data"] = new(ChatRole.User, [new DataContent(new byte[] { 0, 1, 2, 255 }, "image/png") { Name = "dot.png" }, new UriContent("https://example.org/a.pdf", "application/pdf")]),
        ["usage"] = new(ChatRole.Assistant, [new TextContent("x"), new UsageContent(new UsageDetails { InputTokenCount = 3, OutputTokenCount = long.MaxValue, AdditionalCounts = new() { ["cached"] = 1 } })]),
        ["reasoning"] = new(ChatRole.Assistant, [new TextReasoningContent("because") { ProtectedData = "opaque" }, new ErrorContent("failed") { ErrorCode = "429", Details = "slow down" }]),
        ["annotation"] = new(ChatRole.Assistant, [new TextContent("x") { Annotations = [new CitationAnnotation { Title = "t", Url = new Uri("https://example.org"), Snippet = "s" }] }]),
        ["text that looks like ours"] = new(ChatRole.User, """{"$chat":1,"contents":[]}"""),
    };

    public static TheoryData<Place, string> Cases
    {
        get
        {
            var data = new TheoryData<Place, string>();
            foreach (var place in (Place[])[Place.LocalFile, Place.Postgres])
                foreach (var name in Messages.Keys) data.Add(place, name);
            return data;
        }
    }

    private static string Text(ChatMessage message) => JsonSerializer.Serialize(message, AIJsonUtilities.DefaultOptions);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task a_message_comes_back_as_it_went_in(Place place, string name)
    {
        await using var target = await InputTarget.OpenAsync(place);
        var message = Messages[name];
        var receipt = await target.Session.AppendAsync(message);
        var back = (await target.LastAsync()).ToChatMessage();
        Assert.Equal(receipt.Id, (await target.LastAsync()).Id);
        if (message.CreatedAt is null)
        {
            // A message without a time gets the time at which it was appended.
            Assert.NotNull(back.CreatedAt);
            back.CreatedAt = null;
        }
        Assert.Equal(Text(message), Text(back));
        Assert.Equal(message.CreatedAt?.Offset, back.CreatedAt?.Offset);
        Assert.Equal(message.Contents.Select(content => content.GetType()), back.Contents.Select(content => content.GetType()));
        Assert.Equal(message.Text, (await target.LastAsync()).Text);
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task a_whole_history_comes_back_in_its_order(Place place)
    {
        await using var target = await InputTarget.OpenAsync(place);
        await target.Session.AppendAsync(Messages.Values);
        var back = await target.Session.LoadChatAsync();
        Assert.Equal(Messages.Values.Select(message => message.Role), back.Select(message => message.Role));
        Assert.Equal(Messages.Values.Select(message => message.Text), back.Select(message => message.Text));
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task the_same_message_under_a_key_is_there_once(Place place)
    {
        await using var target = await InputTarget.OpenAsync(place);
        var message = Messages["function call"];
        Assert.Equal(AppendOutcome.Stored, (await target.Session.AppendAsync(message, new() { Key = "call_1" })).Outcome);
        Assert.Equal(AppendOutcome.AlreadyStored, (await target.Session.AppendAsync(message, new() { Key = "call_1" })).Outcome);
        Assert.Single(await target.Session.LoadAsync());
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task a_record_that_looks_like_an_envelope_stays_a_record(Place place)
    {
        await using var target = await InputTarget.OpenAsync(place);
        const string Json = """{"$chat":1,"contents":[]}""";
        await target.Session.RecordAsync(MemoryType.Context, JsonElement.Parse(Json));
        var record = await target.LastAsync();
        Assert.Equal((Json, Json), (record.ContentJson, record.Text));
    }
}
