using System.Diagnostics;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Tests.Providers;

/// <summary>What an agent notices of outages: nothing.</summary>
public sealed class FailoverTests : IAsyncLifetime
{
    private ThreeServers _three = null!;

    public async ValueTask InitializeAsync() => _three = await ThreeServers.StartAsync();

    public ValueTask DisposeAsync() => _three.DisposeAsync();

    [Fact]
    public async Task a_write_reaches_the_primary_at_once_and_every_provider_soon()
    {
        var options = _three.Options();
        await using var memory = await AgentMemory.OpenAsync(options);
        var session = await memory.StartSessionAsync("maria");
        var receipt = await session.AppendUserAsync("hello");
        Assert.Equal(AppendOutcome.Stored, receipt.Outcome);
        Assert.Contains("neon", receipt.Holders);
        for (var i = 0; i < 3; i++)
        {
            var server = i;
            await Wait.UntilAsync(async () => (await _three.TextsAsync(server, options.TenantId)).SequenceEqual(["hello"]), $"server {i} holds the message");
        }
        Assert.Equal(["hello"], (await session.LoadAsync()).Select(message => message.Text));
    }

    [Fact]
    public async Task writes_go_on_when_the_primary_is_killed_and_come_back_to_it_later()
    {
        var options = _three.Options();
        await using var memory = await AgentMemory.OpenAsync(options);
        var session = await memory.StartSessionAsync("maria");
        var texts = new List<string>();
        var worst = TimeSpan.Zero;
        for (var i = 0; i < 200; i++)
        {
            if (i == 50) await _three.Servers[0].KillAsync();
            var watch = Stopwatch.StartNew();
            await session.AppendUserAsync($"message {i}");
            if (watch.Elapsed > worst) worst = watch.Elapsed;
            texts.Add($"message {i}");
        }
        TestContext.Current.SendDiagnosticMessage($"worst append {worst.TotalMilliseconds:0.0} ms");
        // Which of the two has all rows by then is not said.
        Assert.NotEqual("neon", memory.Providers!.Primary);
        var loaded = await session.LoadAsync();
        Assert.Equal(texts, loaded.Select(message => message.Text));
        Assert.NotEqual("neon", loaded.Source!.Value.Name);
        Assert.True(loaded.MayBeStale);

        await _three.Servers[0].StartAgainAsync();
        await Wait.UntilAsync(() => memory.Providers.Primary == "neon", "the first provider leads again");
        for (var i = 0; i < 3; i++) Assert.Equal(texts, await _three.TextsAsync(i, options.TenantId));
    }
}
