using System.Diagnostics;
using Holdfast.Operations.Drills;
using Holdfast.Providers.Failures;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Tests.Faults;

/// <summary>Faults beside the primary, two at once, and those that are there before the memory is opened.</summary>
public sealed class BackupFaultTests(FaultServers servers) : IClassFixture<FaultServers>, IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await servers.HealAsync();

    [Theory]
    [InlineData(nameof(FaultMode.Reset))]
    [InlineData(nameof(FaultMode.Blackhole))]
    [InlineData(nameof(FaultMode.OneWayUp))]
    public async Task a_backup_that_fails_moves_nobody_and_catches_up(string mode)
    {
        await using var run = await FaultRun.OpenAsync(servers);
        await run.AppendAsync(20);
        servers[1].Proxy.Set(Enum.Parse<FaultMode>(mode));
        await run.AppendAsync(30);
        await run.ExpectCauseAsync(FailureCause.Down, "p1");
        await run.AppendAsync(10);
        Assert.False((await run.ReadAsync()).MayBeStale);
        Assert.Equal("p0", run.Providers.Primary);
        await servers.HealAsync();
        await run.HealedAsync();
        await run.CheckAsync();
        run.AssertCauses();
        Assert.Empty(await run.FailoversAsync());
    }

    [Fact]
    public async Task the_primary_dies_while_the_next_one_lacks_rows_and_the_writer_still_reads_all_of_its_own()
    {
        await using var run = await FaultRun.OpenAsync(servers);
        await run.AppendAsync(20);
        servers[1].Proxy.Set(FaultMode.Blackhole);
        await run.AppendAsync(20);
        await servers[0].KillAsync();
        await run.AppendAsync(20);
        await run.ReadAsync();
        // The second one comes back and is asked next: it must not answer before it has what it missed.
        servers[1].Proxy.Set(FaultMode.Pass);
        servers[2].Proxy.Set(FaultMode.Blackhole);
        await run.ReadAsync();
        await run.AppendAsync(10);
        await run.ReadAsync();
        await servers.HealAsync();
        await run.HealedAsync();
        await run.CheckAsync();
    }

    [Theory]
    [InlineData(nameof(FaultMode.Reset))]
    [InlineData(nameof(FaultMode.AcceptAndReset))]
    [InlineData(nameof(FaultMode.Blackhole))]
    [InlineData(nameof(FaultMode.OneWayUp))]
    public async Task a_memory_opens_while_its_first_provider_fails(string mode)
    {
        servers[0].Proxy.Set(Enum.Parse<FaultMode>(mode));
        var started = Stopwatch.GetTimestamp();
        await using var run = await FaultRun.OpenAsync(servers);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 7);
        await run.AppendAsync(20);
        await run.ReadAsync();
        await run.ExpectCauseAsync(FailureCause.Down);
        await servers.HealAsync();
        await run.HealedAsync();
        await run.CheckAsync();
        run.AssertCauses(FailureCause.Down);
    }

    [Theory]
    [InlineData(nameof(FaultMode.Reset))]
    [InlineData(nameof(FaultMode.Blackhole))]
    public async Task a_user_is_forgotten_while_the_primary_fails_and_everywhere_when_it_is_back(string mode)
    {
        await using var run = await FaultRun.OpenAsync(servers);
        var memory = run.Memory;
        var session = await memory.OpenSessionAsync("personal", "maria");
        await session.AppendUserAsync("my secret");
        await run.HealedAsync();
        servers[0].Proxy.Set(Enum.Parse<FaultMode>(mode));
        var started = Stopwatch.GetTimestamp();
        await memory.ForgetUserAsync("maria");
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 10);
        Assert.DoesNotContain("my secret", (await session.LoadAsync()).Select(row => row.Text));
        await servers.HealAsync();
        await run.HealedAsync();
        for (var i = 0; i < servers.Count; i++)
        {
            var server = i;
            await Wait.UntilAsync(async () => !(await run.TextsAsync(server)).Contains("my secret"), $"server {i} has forgotten", TimeSpan.FromSeconds(20));
        }
    }

    [Fact]
    public async Task a_read_whose_answer_is_lost_is_answered_all_the_same()
    {
        await using var run = await FaultRun.OpenAsync(servers);
        await run.AppendAsync(50);
        for (var i = 0; i < 3; i++)
        {
            var cut = servers[0].Proxy.CutNext("session_memories");
            await run.ReadAsync();
            await cut.WaitAsync(TimeSpan.FromSeconds(10));
        }
        await run.HealedAsync();
        await run.CheckAsync();
    }

    [Fact]
    public async Task a_pool_that_the_application_has_used_up_is_not_the_providers_fault()
    {
        var options = servers.Options();
        options.Providers[0].PoolSizeMax = 2;
        await using var run = await FaultRun.OpenAsync(servers, options);
        await run.AppendAsync(20);
        var busy = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => run.Providers.QueryAsync("select 1 from pg_sleep(8)", row => row.GetInt32(0))));
        while (!busy.IsCompleted) await run.AppendAsync(1);
        await busy;
        await run.HealedAsync();
        await run.CheckAsync();
        run.AssertCauses();
        Assert.Empty(await run.FailoversAsync());
    }
}
