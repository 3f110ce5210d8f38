using Holdfast.Operations.Drills;
using Holdfast.Providers;
using Holdfast.Providers.Control;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Tests.Faults;

/// <summary>Who leads: sticky through flapping, and as the operator decides.</summary>
public sealed class RouteTests(FaultServers servers) : IClassFixture<FaultServers>, IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await servers.HealAsync();

    [Fact]
    public async Task a_provider_that_goes_up_and_down_moves_nobody_to_and_fro()
    {
        var options = servers.Options();
        options.Failover.FailbackAfter = TimeSpan.FromSeconds(3);
        await using var run = await FaultRun.OpenAsync(servers, options);
        var changes = new List<RouteChange>();
        run.Providers.Access.Router.Changed += (_, change) => { lock (changes) changes.Add(change); };
        await run.AppendAsync(10);
        for (var i = 0; i < 5; i++)
        {
            servers[0].Proxy.Set(FaultMode.Reset);
            await run.AppendAsync(5);
            await StateAsync(run, "down");
            await run.AppendAsync(5);
            servers[0].Proxy.Set(FaultMode.Pass);
            await StateAsync(run, "healthy");
            await run.AppendAsync(5);
        }
        Assert.Equal("p1", run.Providers.Primary);
        await run.ReadAsync();
        await run.HealedAsync();
        await run.CheckAsync();
        lock (changes) Assert.Equal(["p0 p1 down", "p1 p0 failback"], changes.Select(change => $"{change.From?.Name} {change.To?.Name} {change.Cause}"));
    }

    [Fact]
    public async Task use_leads_to_the_chosen_provider_and_back()
    {
        var options = servers.Options();
        await using var run = await FaultRun.OpenAsync(servers, options);
        await run.AppendAsync(10);
        Decide(options, use: "p2");
        await PrimaryAsync(run, "p2");
        await run.AppendAsync(10);
        Decide(options);
        await PrimaryAsync(run, "p0");
        await run.AppendAsync(10);
        await run.CheckAsync();
        await Wait.UntilAsync(async () => (await run.FailoversAsync()).SequenceEqual(["p0 use", "p2 failback"]), "both changes are logged");
    }

    [Fact]
    public async Task a_drained_provider_is_left_alone_and_gets_all_of_it_afterwards()
    {
        var options = servers.Options();
        await using var run = await FaultRun.OpenAsync(servers, options);
        await run.AppendAsync(10);
        await run.CheckAsync();
        Decide(options, drained: "p0");
        await PrimaryAsync(run, "p1");
        var before = (await run.CountAsync(0), await run.CountAsync(1));
        await run.AppendAsync(20);
        await run.ReadAsync();
        Assert.Equal("drained", run.Providers.List()[0].State);
        Assert.Equal((before.Item1, before.Item2 + 20), (await run.CountAsync(0), await run.CountAsync(1)));
        Decide(options);
        await run.HealedAsync();
        await run.CheckAsync();
    }

    [Fact]
    public async Task frozen_writes_are_refused_and_reads_go_on_until_they_are_thawed()
    {
        var options = servers.Options();
        await using var run = await FaultRun.OpenAsync(servers, options);
        await using var other = await AgentMemory.OpenAsync(Again(options));
        await run.AppendAsync(10);
        Decide(options, frozen: true);
        foreach (var memory in new[] { run.Memory, other })
        {
            await Wait.UntilAsync(() => memory.Providers!.Access.Control.FrozenSince is not null, "the freeze is seen");
            var session = await memory.OpenSessionAsync("run");
            var refused = await Assert.ThrowsAsync<WritesFrozenException>(() => session.AppendUserAsync("never stored"));
            Assert.Contains("tester", refused.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<WritesFrozenException>(() => memory.Providers!.ExecuteAsync("select 1"));
        }
        await run.ReadAsync();
        Decide(options);
        await Wait.UntilAsync(() => run.Providers.Access.Control.FrozenSince is null, "the thaw is seen");
        await run.AppendAsync(10);
        await run.CheckAsync();
    }

    /// <summary>The same home and tenant, as another process has them.</summary>
    private HoldfastOptions Again(HoldfastOptions options)
    {
        var again = servers.Options();
        (again.Home, again.TenantId) = (options.Home, options.TenantId);
        return again;
    }

    private static void Decide(HoldfastOptions options, string? use = null, string? drained = null, bool frozen = false)
    {
        var now = TimeProvider.System.GetUtcNow();
        new ControlFile(options.Home!).Write(new ControlState(now, "tester", frozen ? now : null, use, drained is null ? [] : [drained]));
    }

    private static Task StateAsync(FaultRun run, string state) =>
        Wait.UntilAsync(() => run.Providers.List()[0].State == state, $"p0 is {state}", TimeSpan.FromSeconds(20), run.Describe);

    private static Task PrimaryAsync(FaultRun run, string name) =>
        Wait.UntilAsync(() => run.Providers.Primary == name, $"{name} leads", TimeSpan.FromSeconds(20), run.Describe);
}
