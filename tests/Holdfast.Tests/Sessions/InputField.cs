using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Holdfast.Tests.Sessions;

/// <summary>One place where a caller's text goes in: how it is written, what it reads back as, and how an error names it.</summary>
public sealed record InputField(string Name, string ErrorField, Func<InputTarget, string, Task> WriteAsync, Func<InputTarget, Task<string?>> ReadAsync)
{
    public bool IsId { get; init; }

    /// <summary>Bytes of UTF-8 that it may have; null: it is bounded with the JSON that it stands in.</summary>
    public int? BytesMax { get; init; }

    /// <summary>What is expected back, where the type that carries the text changes it itself.</summary>
    public Func<string, string?> Given { get; init; } = text => text;

    public override string ToString() => Name;

    public static readonly IReadOnlyList<InputField> All =
    [
        new("content of a message", "content", (to, text) => to.Session.AppendUserAsync(text), async to => (await to.LastAsync()).Text),
        new("text of a record", "content", (to, text) => to.Session.RecordAsync(MemoryType.Summary, text), async to => (await to.LastAsync()).Text),
        new("content of a record", "content", (to, text) => to.Session.RecordAsync(MemoryType.Decision, InArray(text)), async to => OfArray((await to.LastAsync()).Content)),
        new("author", "author", (to, text) => to.Session.AppendUserAsync("x", new() { Author = text }), async to => (await to.LastAsync()).Author) { BytesMax = 8192 },
        new("key", "key", (to, text) => to.Session.AppendUserAsync("x", new() { Key = text }), async to => (await to.LastAsync()).Key) { IsId = true, BytesMax = 512 },
        new("metadata", "metadata", (to, text) => to.Session.AppendUserAsync("x", new() { Metadata = InArray(text) }), async to => OfArray((await to.LastAsync()).Metadata!.Value)),
        new("name in metadata", "metadata", (to, text) => to.Session.AppendUserAsync("x", new() { Metadata = AsName(text) }), async to => OfName((await to.LastAsync()).Metadata!.Value)),
        new("title", "title", (to, text) => to.Session.UpdateAsync(text), async to => (await to.Session.GetInfoAsync())!.Title) { BytesMax = 8192 },
        new("title of a new session", "title", (to, text) => to.Memory.StartSessionAsync("u", text), async to => (await to.Memory.ListSessionsAsync("u").FirstAsync()).Title) { BytesMax = 8192 },
        new("metadata of a session", "metadata", (to, text) => to.Session.UpdateAsync(metadata: InArray(text)), async to => OfArray((await to.Session.GetInfoAsync())!.Metadata!.Value)),
        new("session id", "session_id", async (to, text) => await (await to.Memory.OpenSessionAsync(text)).AppendUserAsync("x"), async to => (await to.Memory.ListSessionsAsync().FirstAsync()).Id) { IsId = true, BytesMax = 512 },
        new("user id", "user_id", (to, text) => to.Memory.OpenSessionAsync("of a user", text), async to => (await to.Memory.GetSessionInfoAsync("of a user"))!.UserId) { BytesMax = 512 },
        new("category of a setting", "category", (to, text) => to.Memory.Settings.SetAsync(text, "n", One), async to => (await to.Memory.Settings.ListAsync().SingleAsync()).Category) { IsId = true, BytesMax = 512 },
        new("name of a setting", "name", (to, text) => to.Memory.Settings.SetAsync("c", text, One), async to => (await to.Memory.Settings.ListAsync().SingleAsync()).Name) { IsId = true, BytesMax = 512 },
        new("value of a setting", "value", (to, text) => to.Memory.Settings.SetAsync("c", "n", InArray(text)), async to => OfArray((await to.Memory.Settings.GetAsync("c", "n"))!.Value)),
        Chat("text part", text => new(ChatRole.User, [new TextContent(text), new TextContent("!")]), message => ((TextContent)message.Contents[0]).Text),
        Chat("reasoning", text => new(ChatRole.Assistant, [new TextReasoningContent(text)]), message => ((TextReasoningContent)message.Contents[0]).Text),
        Chat("id of a call", text => new(ChatRole.Assistant, [new FunctionCallContent(text, "f")]), message => ((FunctionCallContent)message.Contents[0]).CallId),
        Chat("argument", text => Call(new Dictionary<string, object?> { ["a"] = text }), message => Argument(message).GetString()),
        Chat("argument in a list", text => Call(new Dictionary<string, object?> { ["a"] = new List<object?> { 1, text } }), message => Argument(message)[1].GetString()),
        Chat("argument as JSON", text => Call(new Dictionary<string, object?> { ["a"] = InArray(text) }), message => OfArray(Argument(message))),
        Chat("name of an argument", text => Call(new Dictionary<string, object?> { [text] = 1 }), message => ((FunctionCallContent)message.Contents[0]).Arguments!.Single().Key),
        Chat("result", text => new(ChatRole.Tool, [new FunctionResultContent("1", text)]), message => ((JsonElement)((FunctionResultContent)message.Contents[0]).Result!).GetString()),
        Chat("message id", text => new(ChatRole.User, "x") { MessageId = text }, message => message.MessageId, "message_id"),
        Chat("additional property", text => new(ChatRole.User, "x") { AdditionalProperties = new() { ["p"] = text } }, message => ((JsonElement)message.AdditionalProperties!["p"]!).GetString(), "additional_properties"),
        Chat("author name", text => new(ChatRole.User, "x") { AuthorName = text }, message => message.AuthorName, "author") with { BytesMax = 8192, Given = text => new ChatMessage { AuthorName = text }.AuthorName },
    ];

    private static JsonElement One => JsonElement.Parse("1");

    private static InputField Chat(string name, Func<string, ChatMessage> message, Func<ChatMessage, string?> read, string field = "content") =>
        new($"{name} of a chat message", field, (to, text) => to.Session.AppendAsync(message(text)), async to => read((await to.LastAsync()).ToChatMessage()));

    private static ChatMessage Call(Dictionary<string, object?> arguments) => new(ChatRole.Assistant, [new FunctionCallContent("1", "f", arguments)]);

    private static JsonElement Argument(ChatMessage message) => (JsonElement)((FunctionCallContent)message.Contents[0]).Arguments!["a"]!;

    // Written as escapes: that is the only way in which JSON can carry half a surrogate pair.
    private static string Escaped(string text)
    {
        var json = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text) _ = char.IsAsciiLetterOrDigit(c) ? json.Append(c) : json.Append($"\\u{(int)c:x4}");
        return json.Append('"').ToString();
    }

    private static JsonElement InArray(string text) => JsonElement.Parse($"[{Escaped(text)}]");

    private static JsonElement AsName(string text) => JsonElement.Parse($"{{{Escaped(text)}:1}}");

    private static string? OfArray(JsonElement element) => element[0].GetString();

    private static string OfName(JsonElement element) => element.EnumerateObject().Single().Name;
}
