using System.Text.Json;
using Holdfast.Operations.Drills;
using Holdfast.TestServers;
using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Faults;

/// <summary>The way to the primary works, but badly: that is no reason to leave it, nor to lose or double anything.</summary>
public sealed class SlowNetworkTests(FaultServers servers) : IClassFixture<FaultServers>, IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await servers.HealAsync();

    [Fact]
    public async Task a_primary_that_is_far_away_is_hedged_and_not_left() => await ProveStayingAsync(() =>
        (servers[0].Proxy.DelayUp, servers[0].Proxy.DelayDown) = (TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100)));

    [Fact]
    public async Task a_network_that_hands_over_single_bytes_is_slow_and_right() => await ProveStayingAsync(() => servers[0].Proxy.Set(FaultMode.SlowBytes));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_row_whose_acknowledgement_is_lost_is_there_once(bool reachesServer)
    {
        await using var run = await FaultRun.OpenAsync(servers);
        await run.AppendAsync(20);
        for (var i = 0; i < 5; i++)
        {
            var cut = servers[0].Proxy.CutNext("session_memories", reachesServer);
            await run.AppendAsync(5);
            await cut.WaitAsync(TimeSpan.FromSeconds(10));
        }
        await run.ReadAsync();
        await run.HealedAsync();
        await run.CheckAsync();
    }

    [Fact]
    public async Task a_compare_and_set_whose_answer_is_lost_is_settled_by_its_own_revision()
    {
        await using var run = await FaultRun.OpenAsync(servers);
        var settings = run.Memory.Settings;
        var first = await settings.SetAsync("ui", "theme", Json("light"));
        var cut = servers[0].Proxy.CutNext("moved");
        var second = await settings.SetAsync("ui", "theme", Json("dark"), expectedRevision: first);
        await cut.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("dark", (await settings.GetAsync("ui", "theme"))?.Value.GetString());
        await Assert.ThrowsAsync<RevisionConflictException>(() => settings.SetAsync("ui", "theme", Json("other"), expectedRevision: first));
        await settings.SetAsync("ui", "theme", Json("blue"), expectedRevision: second);
    }

    [Fact]
    public async Task a_compare_and_set_that_never_arrived_is_unknown_and_did_nothing()
    {
        await using var run = await FaultRun.OpenAsync(servers);
        var settings = run.Memory.Settings;
        var first = await settings.SetAsync("ui", "theme", Json("light"));
        var cut = servers[0].Proxy.CutNext("moved", reachesServer: false);
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => settings.SetAsync("ui", "theme", Json("dark"), expectedRevision: first));
        await cut.WaitAsync(TimeSpan.FromSeconds(10));
        await settings.SetAsync("ui", "theme", Json("dark"), expectedRevision: first);
        Assert.Equal("dark", (await settings.GetAsync("ui", "theme"))?.Value.GetString());
    }

    private async Task ProveStayingAsync(Action inject)
    {
        await using var run = await FaultRun.OpenAsync(servers);
        await run.AppendAsync(20);
        inject();
        await run.AppendAsync(30);
        await run.ReadAsync();
        var probes = servers[0].Proxy.AcceptedCount;
        await Wait.UntilAsync(() => servers[0].Proxy.AcceptedCount >= probes + 3, "three probes came by");
        await run.AppendAsync(10);
        await servers.HealAsync();
        await run.HealedAsync();
        await run.CheckAsync();
        run.AssertCauses();
        Assert.Empty(await run.FailoversAsync());
    }

    private static JsonElement Json(string text) => JsonSerializer.SerializeToElement(text);
}
