// The five lines of the README. Run it twice: the second run remembers the first.
using Holdfast;

await using var memory = await AgentMemory.OpenAsync();
var session = await memory.OpenSessionAsync("trip-to-lisbon", userId: "maria");
await session.AppendUserAsync("I would rather take the train.");
foreach (var message in await session.LoadAsync())
    Console.WriteLine($"{message.OccurredAt:u} {message.Text}");
