// A chat history of Microsoft.Extensions.AI that survives the process, with the memory from a host's container.
using System.Text.Json;
using Holdfast;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

var services = new ServiceCollection();
services.AddHoldfast(options => options.Connection = Environment.GetEnvironmentVariable("HOLDFAST_SAMPLE_POSTGRES"));
await using var provider = services.BuildServiceProvider();

var memory = await provider.GetRequiredService<AgentMemoryAccessor>().GetAsync();
var session = await memory.OpenSessionAsync("weather", userId: "maria");

await session.AppendAsync(
[
    new ChatMessage(ChatRole.User, "Will it rain in Lisbon?"),
    new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("call-1", "forecast", new Dictionary<string, object?> { ["city"] = "Lisbon" })]),
    new ChatMessage(ChatRole.Tool, [new FunctionResultContent("call-1", "sunny, 24 degrees")]),
    new ChatMessage(ChatRole.Assistant, "No, it will be sunny."),
]);
await session.RecordAsync(MemoryType.Decision, JsonElement.Parse("""{"pack":["sunglasses"],"umbrella":false}"""));

IReadOnlyList<ChatMessage> history = await session.LoadChatAsync();
Console.WriteLine($"{history.Count} messages; the last one: {history[^1].Text}");

foreach (var found in await memory.RecallAsync("rain umbrella", userId: "maria", countMax: 3))
    Console.WriteLine($"{found.Score:0.00} {found.Memory.Text}");
