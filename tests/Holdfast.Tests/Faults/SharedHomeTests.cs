using Holdfast.Operations.Drills;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Tests.Faults;

/// <summary>Several writers, of one process and of two that share a home, through faults.</summary>
public sealed class SharedHomeTests(FaultServers servers) : IClassFixture<FaultServers>, IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await servers.HealAsync();

    [Fact]
    public async Task many_writers_lose_nothing_while_one_provider_after_the_other_fails()
    {
        await using var run = await FaultRun.OpenAsync(servers);
        var sessions = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => run.Memory.OpenSessionAsync($"writer {i}")));
        var writing = Task.WhenAll(sessions.Select(session => run.AppendAsync(150, session)));
        await servers[0].KillAsync();
        await Wait.UntilAsync(() => run.Providers.Primary == "p1", "the second leads", details: run.Describe);
        servers[1].Proxy.Set(FaultMode.Blackhole);
        await Wait.UntilAsync(() => run.Providers.Primary == "p2", "the third leads", details: run.Describe);
        servers[2].Proxy.Set(FaultMode.Reset);
        await Wait.UntilAsync(() => run.Providers.Primary is null, "none leads", details: run.Describe);
        await run.AppendAsync(10);
        await writing;
        foreach (var session in sessions) await run.ReadAsync(session);
        await servers.HealAsync();
        await run.HealedAsync();
        await run.CheckAsync();
        foreach (var left in new[] { "p0", "p1", "p2" }) await run.AssertLeftAsync(left);
    }

    [Fact]
    public async Task two_memories_on_one_home_keep_each_others_rows_through_a_fault()
    {
        var ledger = new Ledger();
        var options = servers.Options();
        var again = servers.Options();
        (again.Home, again.TenantId) = (options.Home, options.TenantId);
        await using var run = await FaultRun.OpenAsync(servers, options, ledger: ledger);
        await using (var second = await FaultRun.OpenAsync(servers, again, ledger: ledger, session: "second"))
        {
            await Task.WhenAll(run.AppendAsync(30), second.AppendAsync(30));
            foreach (var i in new[] { 0, 1, 2 }) servers[i].Proxy.Set(FaultMode.Reset);
            await Task.WhenAll(run.AppendAsync(30), second.AppendAsync(30));
            await run.ReadAsync();
            await second.ReadAsync();
        }
        // It ended with rows that no provider has: the first one finds them in the file that both share.
        await servers.HealAsync();
        await run.HealedAsync();
        for (var i = 0; i < servers.Count; i++)
        {
            var server = i;
            await Wait.UntilAsync(async () => (await run.ProblemsAsync(server)).Count == 0, $"server {i} has the rows of both", TimeSpan.FromSeconds(40), run.Describe);
        }
        await run.CheckAsync();
    }

    [Fact]
    public async Task a_memory_that_is_closed_in_the_middle_of_a_fault_leaves_its_rows_to_the_next()
    {
        var ledger = new Ledger();
        var options = servers.Options();
        await using (var run = await FaultRun.OpenAsync(servers, options, ledger: ledger))
        {
            await run.AppendAsync(10);
            servers[0].Server.Freeze();
            await run.AppendAsync(30);
        }
        await servers.HealAsync();
        await using var next = await FaultRun.OpenAsync(servers, options, ledger: ledger);
        await next.AppendAsync(10);
        await next.HealedAsync();
        await next.CheckAsync();
    }
}
