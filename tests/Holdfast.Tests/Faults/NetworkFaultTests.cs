using Holdfast.Operations.Drills;
using Holdfast.Providers.Failures;
using Xunit;

namespace Holdfast.Tests.Faults;

/// <summary>The primary, or the way to it, breaks.</summary>
public sealed class NetworkFaultTests(FaultServers servers) : IClassFixture<FaultServers>, IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await servers.HealAsync();

    [Fact]
    public async Task a_primary_that_is_killed_loses_and_doubles_nothing() => await ProveAsync(servers[0].KillAsync);

    [Fact]
    public async Task a_primary_that_freezes_loses_and_doubles_nothing() => await ProveAsync(() =>
    {
        servers[0].Server.Freeze();
        return Task.CompletedTask;
    });

    [Theory]
    [InlineData(nameof(FaultMode.Refuse))]
    [InlineData(nameof(FaultMode.Reset))]
    [InlineData(nameof(FaultMode.AcceptAndReset))]
    [InlineData(nameof(FaultMode.Blackhole))]
    [InlineData(nameof(FaultMode.OneWayUp))]
    [InlineData(nameof(FaultMode.OneWayDown))]
    public async Task a_broken_way_to_the_primary_loses_and_doubles_nothing(string mode) => await ProveAsync(() =>
    {
        servers[0].Proxy.Set(Enum.Parse<FaultMode>(mode));
        return Task.CompletedTask;
    });

    [Fact]
    public async Task a_primary_that_dies_without_a_word_loses_and_doubles_nothing() => await ProveAsync(async () =>
    {
        servers[0].Proxy.Set(FaultMode.HalfOpen);
        await servers[0].Server.KillAsync();
    });

    private async Task ProveAsync(Func<Task> inject)
    {
        await using var run = await FaultRun.OpenAsync(servers);
        await run.ProveAsync(inject, servers.HealAsync, FailureCause.Down);
    }
}
