using Holdfast.Operations.Schema.Sessions;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Sessions;

public sealed class LockRetryTests
{
    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(1, 0.5, 1.5)]
    [InlineData(3, 0.5, 4.5)]
    [InlineData(20, 0, 1)]
    [InlineData(20, 1, 60)]
    public void a_pause_lies_between_one_second_and_a_span_that_doubles_up_to_a_minute(int attempt, double random, double seconds) =>
        Assert.Equal(seconds, new LockRetry(TimeProvider.System).Pause(attempt, random).TotalSeconds, 3);
}
