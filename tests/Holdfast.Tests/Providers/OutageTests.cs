using System.Text.Json;
using Holdfast.TestServers;
using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Providers;

/// <summary>With no provider at all the local file goes on alone, and nothing of it is lost or doubled.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private ThreeServers _servers = null!;

    public async ValueTask InitializeAsync() => _servers = await ThreeServers.StartAsync(2);

    public ValueTask DisposeAsync() => _servers.DisposeAsync();

    [Fact]
    public async Task with_all_providers_down_the_local_file_takes_the_rows_and_another_process_passes_them_on()
    {
        var options = _servers.Options();
        var before = new List<string>();
        await using (var memory = await AgentMemory.OpenAsync(options))
        {
            var session = await memory.OpenSessionAsync("trip", "maria");
            await session.AppendUserAsync("before");
            await KillAsync();
            var receipt = await session.AppendUserAsync("during");
            Assert.Equal(WriteConcern.Local, receipt.Reached);
            Assert.Empty(receipt.Holders);
            var read = await session.LoadAsync();
            Assert.Equal("local", read.Source!.Value.Name);
            Assert.True(read.MayBeStale);
            Assert.Contains("during", read.Select(message => message.Text));
            await Wait.UntilAsync(() => memory.Providers!.Primary is null, "no provider leads");
        }

        // Nobody answers: a memory opens all the same and its conversation goes on.
        await using (var memory = await AgentMemory.OpenAsync(options))
        {
            var session = await memory.OpenSessionAsync("trip", "maria");
            Assert.Equal(WriteConcern.Local, (await session.AppendUserAsync("after a restart")).Reached);
        }

        foreach (var server in _servers.Servers) await server.StartAgainAsync();
        await using (await AgentMemory.OpenAsync(options))
        {
            for (var i = 0; i < 2; i++)
            {
                var server = i;
                await Wait.UntilAsync(async () => (await _servers.TextsAsync(server, options.TenantId)).SequenceEqual(["before", "during", "after a restart"]), $"server {i} has got all of it");
            }
        }
    }

    [Fact]
    public async Task what_no_provider_can_tell_is_unavailable_and_never_empty()
    {
        var options = _servers.Options();
        await using (var memory = await AgentMemory.OpenAsync(options))
        {
            await (await memory.OpenSessionAsync("old")).AppendUserAsync("I am at the providers");
            Assert.Empty(await (await memory.OpenSessionAsync("nothing was said here")).LoadAsync());
        }
        await KillAsync();
        await using var later = await AgentMemory.OpenAsync(_servers.Options(tenant: options.TenantId));
        var session = await later.OpenSessionAsync("old");
        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => session.LoadAsync());
        Assert.Contains("it may exist", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => later.Settings.GetAsync("a", "b"));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => later.GetSessionInfoAsync("old"));
    }

    [Fact]
    public async Task a_key_written_again_after_the_outage_is_one_row_everywhere()
    {
        var options = _servers.Options();
        await using var memory = await AgentMemory.OpenAsync(options);
        var session = await memory.StartSessionAsync();
        await KillAsync();
        var first = await session.AppendUserAsync("once", new AppendOptions { Key = "k" });
        foreach (var server in _servers.Servers) await server.StartAgainAsync();
        var second = await session.AppendUserAsync("once", new AppendOptions { Key = "k" });
        Assert.Equal(first.Id, second.Id);
        for (var i = 0; i < 2; i++)
        {
            var server = i;
            await Wait.UntilAsync(async () => (await _servers.TextsAsync(server, options.TenantId)).SequenceEqual(["once"]), $"server {i} has it once");
        }
    }

    [Fact]
    public async Task a_write_that_must_reach_more_than_there_are_is_answered_as_that_and_goes_on()
    {
        var options = _servers.Options();
        options.Failover.CallTimeout = TimeSpan.FromSeconds(1);
        options.Failover.AttemptTimeout = TimeSpan.FromSeconds(1);
        await using var memory = await AgentMemory.OpenAsync(options);
        var session = await memory.StartSessionAsync();
        var receipt = await session.AppendUserAsync("both", new AppendOptions { Concern = WriteConcern.Majority });
        Assert.Equal(WriteConcern.Majority, receipt.Reached);
        Assert.Equal(["neon", "supabase"], receipt.Holders.Order());

        await _servers.Servers[1].KillAsync();
        var error = await Assert.ThrowsAsync<WriteConcernException>(() => session.AppendUserAsync("one only", new AppendOptions { Concern = WriteConcern.Majority }));
        Assert.Equal(["neon"], error.Holders);
        Assert.Equal(WriteConcern.Majority, error.Concern);
        Assert.Equal(["both", "one only"], (await session.LoadAsync()).Select(message => message.Text));

        await _servers.Servers[1].StartAgainAsync();
        await Wait.UntilAsync(async () => (await _servers.TextsAsync(1, options.TenantId)).SequenceEqual(["both", "one only"]), "the second provider gets it later");
    }

    [Fact]
    public async Task rows_from_before_there_were_providers_go_out_to_them()
    {
        var home = TestPlaces.NewFolder();
        var options = _servers.Options(home);
        await using (var alone = await AgentMemory.OpenAsync(new HoldfastOptions { Home = home, TenantId = options.TenantId }))
        {
            await (await alone.OpenSessionAsync("s", "maria")).AppendUserAsync("written alone");
            await alone.Settings.SetAsync("ui", "theme", JsonSerializer.SerializeToElement("dark"));
        }
        await using var memory = await AgentMemory.OpenAsync(options);
        for (var i = 0; i < 2; i++)
        {
            var server = i;
            await Wait.UntilAsync(async () => (await _servers.TextsAsync(server, options.TenantId)).SequenceEqual(["written alone"]), $"server {i} has it");
        }
        Assert.Equal("dark", (await memory.Settings.GetAsync("ui", "theme"))?.Value.GetString());
    }

    [Fact]
    public async Task above_its_disk_budget_the_spool_refuses_what_no_provider_takes_and_drops_nothing()
    {
        var options = _servers.Options();
        options.Failover.SpoolBytesMax = 2_000_000;
        await using var memory = await AgentMemory.OpenAsync(options);
        var session = await memory.StartSessionAsync();
        await KillAsync();
        var text = new string('x', 100_000);
        var taken = 0;
        var refused = await Assert.ThrowsAsync<SpoolFullException>(async () =>
        {
            while (taken < 100)
            {
                await session.AppendUserAsync(text);
                taken++;
            }
        });
        Assert.Contains("2000000", refused.Message.Replace(",", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.InRange(taken, 3, 30);
        foreach (var server in _servers.Servers) await server.StartAgainAsync();
        for (var i = 0; i < 2; i++)
        {
            var server = i;
            await Wait.UntilAsync(async () => (await _servers.TextsAsync(server, options.TenantId)).Count == taken, $"server {i} has all that was taken");
        }
        // With a provider that commits, a full spool stops nobody; and once both hold the rows there is room again.
        var receipt = await session.AppendUserAsync("goes on");
        Assert.NotEmpty(receipt.Holders);
        await Wait.UntilAsync(async () => (await session.AppendUserAsync("room")).Reached is WriteConcern.Available or WriteConcern.Majority, "the spool takes rows again");
    }

    private async Task KillAsync()
    {
        foreach (var server in _servers.Servers) await server.KillAsync();
    }
}
