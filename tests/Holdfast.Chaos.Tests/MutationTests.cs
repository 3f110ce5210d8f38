using Holdfast.Chaos.Schedules;
using Holdfast.Chaos.Servers;
using Holdfast.Chaos.Writers;
using Xunit;

namespace Holdfast.Chaos.Tests;

/// <summary>
/// A rule of the product is switched off, and the checker must find what that does; with the rule on, the same plan holds. What
/// could not fail would prove nothing.
/// </summary>
public sealed class MutationTests(RunServers servers) : IClassFixture<RunServers>
{
    /// <summary>A mutation's damage does not heal: there is nothing to wait for.</summary>
    private static readonly TimeSpan SettleWithin = TimeSpan.FromSeconds(4);

    [Fact]
    public Task without_the_spool_writers_are_refused_while_no_provider_is_reached() => MustFindAsync(
        Plan([[At(FaultKind.AllRefused, 0.3, 1.0)]], 1.6), Mutation.SpoolOff, "refused although");

    [Fact]
    public Task with_a_plain_insert_two_sides_keep_different_rows_of_a_key() => MustFindAsync(
        Plan([[At(FaultKind.Split, 0.2, 1.4)]], 1.8), Mutation.PlainInsert, "differs", "not among the conflicts");

    [Fact]
    public Task without_the_clock_s_observe_step_an_answer_stands_before_what_it_answers() => MustFindAsync(
        Plan([[], [], []], 1.8) with { ClockShifts = [TimeSpan.FromSeconds(30), TimeSpan.Zero], StartsCutOff = 0 }, Mutation.ClockObserveOff, "order");

    [Fact]
    public Task without_the_feed_s_gap_rule_the_row_of_a_slow_transaction_never_leaves_its_provider() => MustFindAsync(
        Plan([[At(FaultKind.SlowTransaction, 0.3, 4.0)]], 4.5), Mutation.FeedGapRuleOff, "differs");

    private async Task MustFindAsync(RunPlan plan, Mutation mutation, params string[] problems)
    {
        var whole = await new ChaosRun(servers.All, plan).RunAsync();
        Assert.Equal([], whole.Problems);
        var broken = await new ChaosRun(servers.All, plan with { Mutation = mutation }) { SettleWithin = SettleWithin }.RunAsync();
        Assert.Contains(broken.Problems, line => problems.Any(problem => line.Contains(problem, StringComparison.Ordinal)));
    }

    private static FaultStep At(FaultKind kind, double at, double lasts, int provider = 0) => new(kind, TimeSpan.FromSeconds(at), TimeSpan.FromSeconds(lasts), provider);

    private static RunPlan Plan(IReadOnlyList<IReadOnlyList<FaultStep>> phases, double seconds) => new()
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
