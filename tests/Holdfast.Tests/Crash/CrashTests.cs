using System.Globalization;
using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Crash;

/// <summary>A process that appends with eight writers is killed twenty times; what it had printed as acknowledged is there.</summary>
public sealed class CrashTests
{
    private const int Kills = 20;
    private const int Writers = 8;

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task what_was_acknowledged_before_a_kill_is_there_exactly_once(Place place)
    {
        var options = await TestPlaces.OptionsAsync(place);
        var random = new Random(20);
        var acknowledged = new List<Guid>();
        for (var kill = 0; kill < Kills; kill++)
        {
            // How far it comes is random: from the first acknowledgement to far into full speed.
            var printed = await RunAndKillAsync(options, lines: 1 + random.Next(kill % 2 == 0 ? 20 : 1_500));
            acknowledged.AddRange(printed);
            await AssertThereOnceAsync(options, acknowledged);
        }
        Assert.True(acknowledged.Count >= Kills);
    }

    private static async Task<List<Guid>> RunAndKillAsync(HoldfastOptions options, int lines)
    {
        using var process = ChildProgram.Start("Holdfast.CrashWriter", options.TenantId, "session", Writers.ToString(CultureInfo.InvariantCulture),
            options.Connection?.Reveal() ?? "local", options.Connection is null ? options.Home! : options.Schema);
        var errors = process.StandardError.ReadToEndAsync();
        var printed = new List<Guid>();
        while (printed.Count < lines)
        {
            var line = await process.StandardOutput.ReadLineAsync();
            if (line is null) Assert.Fail($"The writer ended by itself after {printed.Count} lines: {await errors}");
            printed.Add(Guid.ParseExact(line, "D"));
        }
        // SIGKILL. What it printed until then is in the pipe and counts too; a torn last line was not acknowledged.
        process.Kill();
        var rest = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(128 + 9, process.ExitCode);
        printed.AddRange(rest.Split('\n')[..^1].Select(line => Guid.ParseExact(line, "D")));
        return printed;
    }

    private static async Task AssertThereOnceAsync(HoldfastOptions options, List<Guid> acknowledged)
    {
        await using var memory = await AgentMemory.OpenAsync(options);
        var session = (await memory.ResumeSessionAsync("session"))!;
        var stored = await session.LoadAsync();
        var times = stored.CountBy(message => message.Id).ToDictionary();
        Assert.DoesNotContain(acknowledged, id => !times.ContainsKey(id));
        Assert.All(times, pair => Assert.Equal(1, pair.Value));
        // One message per key too: nothing is there under another id.
        Assert.Equal(stored.Count, stored.Select(message => message.Key).Distinct().Count());
        Assert.Equal(stored.Select(message => message.Stamp).Order(), stored.Select(message => message.Stamp));
    }
}
