// Appends at full speed until it is killed, and says of each message that it was acknowledged: its id, one a line.
//   Holdfast.CrashWriter TENANT SESSION WRITERS local|CONNECTION HOME|SCHEMA
using System.Globalization;
using Holdfast;

var (tenant, sessionId, writers, connection, place) = (args[0], args[1], int.Parse(args[2], CultureInfo.InvariantCulture), args[3], args[4]);
await using var memory = await AgentMemory.OpenAsync(connection == "local"
    ? new HoldfastOptions { TenantId = tenant, Home = place }
    : new HoldfastOptions { TenantId = tenant, Connection = connection, Schema = place });
var session = await memory.OpenSessionAsync(sessionId);

// Unbuffered: what stands in this stream has left the process. A line is one write, so that a kill never tears two.
using var output = Console.OpenStandardOutput();
var gate = new Lock();
await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
{
    for (var i = 0; ; i++)
    {
        var receipt = await session.AppendUserAsync($"writer {writer} message {i} of process {Environment.ProcessId}", new AppendOptions { Key = $"{Environment.ProcessId}/{writer}/{i}" });
        var line = System.Text.Encoding.ASCII.GetBytes($"{receipt.Id}\n");
        lock (gate)
        {
            output.Write(line);
            output.Flush();
        }
    }
})));
