using Holdfast.Providers.Failures;
using Holdfast.Providers.Probing;
using Xunit;

namespace Holdfast.Tests.Probing;

public class ProbeScheduleTests
{
    private static readonly FailoverOptions Options = new();

    [Theory]
    [InlineData(ProbePace.Healthy, 4, 6)]
    [InlineData(ProbePace.Failed, 4, 6)]
    [InlineData(ProbePace.Asleep, 240, 360)]
    [InlineData(ProbePace.Refused, 120, 144)]
    internal void each_pace_waits_its_time_give_or_take_a_fifth(ProbePace pace, double least, double most)
    {
        Assert.Equal(least, ProbeSchedule.Next(pace, Options, 0).TotalSeconds, 6);
        Assert.Equal((least + most) / 2, ProbeSchedule.Next(pace, Options, 0.5).TotalSeconds, 6);
        Assert.InRange(ProbeSchedule.Next(pace, Options, 0.999999).TotalSeconds, most - 0.01, most);
    }

    [Fact]
    public void the_pace_follows_from_the_failure()
    {
        Assert.Equal(ProbePace.Healthy, ProbeSchedule.PaceOf(null));
        Assert.Equal(ProbePace.Asleep, ProbeSchedule.PaceOf(null, asleep: true));
        Assert.Equal(ProbePace.Failed, ProbeSchedule.PaceOf(Of(FailureCause.Down)));
        Assert.Equal(ProbePace.Asleep, ProbeSchedule.PaceOf(Of(FailureCause.Down), asleep: true));
        Assert.Equal(ProbePace.Refused, ProbeSchedule.PaceOf(Of(FailureCause.Authentication), asleep: true));
        Assert.Equal(ProbePace.Refused, ProbeSchedule.PaceOf(Of(FailureCause.Configuration)));
    }

    private static Failure Of(FailureCause cause) => new(AttemptOutcome.NotExecuted, cause, "x");
}
