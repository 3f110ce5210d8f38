using Holdfast.Chaos.Schedules;
using Holdfast.Chaos.Servers;
using Holdfast.Chaos.Writers;
using Xunit;

namespace Holdfast.Chaos.Tests;

/// <summary>
/// A rule of the product is switched off, and the checker must find what that does; with the rule on, the same plan holds. What
/// could not fail would prove nothing.
/// </summary>
public abstract class MutationTests(RunServers servers) : IClassFixture<RunServers>
{
    /// <summary>A mutation's damage does not heal: there is nothing to wait for.</summary>
    private static readonly TimeSpan SettleWithin = TimeSpan.FromSeconds(4);

    private const int RunsMax = 4;

    private protected async Task MustFindAsync(RunPlan plan, Mutation mutation, params string[] problems)
    {
        var whole = await new ChaosRun(servers.All, plan).RunAsync();
        Assert.Equal([], whole.Problems);
        var found = new List<string>();
        // Its chance comes by when writers meet, and on a machine that is busy they write little: some runs get one.
        for (var seed = plan.Seed; seed < plan.Seed + RunsMax && !found.Exists(IsWanted); seed++)
            found.AddRange((await new ChaosRun(servers.All, plan with { Mutation = mutation, Seed = seed }) { SettleWithin = SettleWithin }.RunAsync()).Problems);
        Assert.Contains(found, IsWanted);

        bool IsWanted(string line) => problems.Any(problem => line.Contains(problem, StringComparison.Ordinal));
    }

    private protected static FaultStep At(FaultKind kind, double at, double lasts, int provider = 0) => new(kind, TimeSpan.FromSeconds(at), TimeSpan.FromSeconds(lasts), provider);

    private protected static RunPlan Plan(IReadOnlyList<IReadOnlyList<FaultStep>> phases, double seconds) => new()
    {
        Seed = 4, Homes = [0, 1], ClockShifts = [TimeSpan.Zero, TimeSpan.Zero], Phases = phases, PhaseLength = TimeSpan.FromSeconds(seconds),
    };
}

/// <summary>The servers that the runs share.</summary>
public sealed class RunServers : IAsyncLifetime
{
    internal ChaosServers All { get; private set; } = null!;

    public async ValueTask InitializeAsync() => All = await ChaosServers.StartAsync();

    public ValueTask DisposeAsync() => All.DisposeAsync();
}
