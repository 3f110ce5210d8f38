using Holdfast.Chaos.Schedules;
using Holdfast.Chaos.Writers;
using Xunit;

namespace Holdfast.Chaos.Tests;

/// <summary>Rules of the side that writes.</summary>
public sealed class WriterMutationTests(RunServers servers) : MutationTests(servers)
{
    [Fact]
    public Task without_the_spool_writers_are_refused_while_no_provider_is_reached() => MustFindAsync(
        Plan([[At(FaultKind.AllRefused, 0.3, 1.0)]], 1.6), Mutation.SpoolOff, "refused although");

    [Fact]
    public Task without_the_clock_s_observe_step_an_answer_stands_before_what_it_answers() => MustFindAsync(
        Plan([[], [], []], 1.8) with { ClockShifts = [TimeSpan.FromSeconds(30), TimeSpan.Zero], StartsCutOff = 0 }, Mutation.ClockObserveOff, "order");
}
