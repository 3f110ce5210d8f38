using Holdfast.Tests.Stores;
using Xunit;
using static Holdfast.Tests.Exchange.ExchangeTest;

namespace Holdfast.Tests.Exchange;

public sealed class MessagesTests
{
    private const string Array = """
        [
          {"role": "system", "content": "You plan trips."},
          {"role": "user", "name": "maria", "content": [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]},
          {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "trains", "arguments": "{\"to\":\"Lisbon\"}"}}], "refusal": null, "annotations": []},
          {"role": "tool", "tool_call_id": "c1", "content": "[\"08:10\"]"},
          {"role": "assistant", "content": "At 08:10.", "refusal": null}
        ]
        """;

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task a_document_with_messages_goes_in_without_loss_and_only_once(Place place)
    {
        await using var memory = await EmptyAsync(place);
        var document = $$"""
            {
              "model": "gpt",
              "messages": {{Array}},
              "session_id": "chat",
              "user_id": "maria"
            }
            """;

        var first = await ImportAsync(memory, document);
        var second = await ImportAsync(memory, document);

        Assert.Equal((5, 0, 0), (first.Imported, first.Already, first.Rejected));
        Assert.Equal((0, 5), (second.Imported, second.Already));
        await AssertChatAsync(memory, "chat");
    }

    [Fact]
    public async Task a_bare_array_takes_its_session_from_the_options_on_many_lines_or_on_one()
    {
        await using var memory = await EmptyAsync(Place.LocalFile);

        await ImportAsync(memory, Array, new ImportOptions { SessionId = "many", UserId = "maria" });
        await ImportAsync(memory, Array.ReplaceLineEndings(""), new ImportOptions { SessionId = "one", UserId = "maria" });

        await AssertChatAsync(memory, "many");
        await AssertChatAsync(memory, "one");
    }

    [Fact]
    public async Task lines_with_messages_each_are_sessions_of_their_own()
    {
        await using var memory = await EmptyAsync(Place.LocalFile);
        var line = Array.ReplaceLineEndings("");

        var result = await ImportAsync(memory, Lines($$"""{"session_id":"a","user_id":"maria","messages":{{line}}}""", $$"""{"messages":{{line}},"user_id":"maria","session_id":"b"}"""));

        Assert.Equal(10, result.Imported);
        await AssertChatAsync(memory, "a");
        await AssertChatAsync(memory, "b");
    }

    [Fact]
    public async Task without_a_session_each_message_says_so_and_a_bad_message_leaves_the_others_alone()
    {
        await using var memory = await EmptyAsync(Place.LocalFile);

        var nowhere = await ImportAsync(memory, Array);
        var one = await ImportAsync(memory, """[{"role":"user","content":"a"},{"role":"user"},{"role":"user","content":"b"}]""", new ImportOptions { SessionId = "s" });

        Assert.Equal(5, nowhere.Rejected);
        Assert.Equal("messages[0].session_id", nowhere.Rejects[0].Field);
        Assert.Equal("messages[1].content", Assert.Single(one.Rejects).Field);
        Assert.Equal(["a", "b"], await TextsAsync(memory, "s"));
    }

    [Fact]
    public async Task a_document_that_is_broken_is_one_reject()
    {
        await using var memory = await EmptyAsync(Place.LocalFile);

        var result = await ImportAsync(memory, Array[..^1], new ImportOptions { SessionId = "s" });

        Assert.Equal((0, 1), (result.Imported, result.Rejected));
    }

    private static async Task AssertChatAsync(AgentMemory memory, string session)
    {
        var chat = await (await memory.OpenSessionAsync(session)).LoadAsync();
        Assert.Equal(["message_system", "message_user", "message_assistant", "message_tool", "message_assistant"], chat.Select(one => Holdfast.Rows.EnumText<MemoryType>.Of(one.Type)));
        Assert.All(chat, one => Assert.Equal("maria", one.UserId));
        Assert.Equal("maria", chat[1].Author);
        Assert.Equal("""[{"type":"text","text":"Look:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]""", chat[1].ContentJson);
        Assert.Equal("""{"content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"trains","arguments":"{\"to\":\"Lisbon\"}"}}]}""", chat[2].ContentJson);
        Assert.Equal("""{"content":"[\"08:10\"]","tool_call_id":"c1"}""", chat[3].ContentJson);
        Assert.Equal("At 08:10.", chat[4].Text);
    }
}
