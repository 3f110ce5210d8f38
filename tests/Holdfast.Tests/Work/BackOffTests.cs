using Xunit;

namespace Holdfast.Tests.Work;

public sealed class BackOffTests
{
    [Theory]
    [InlineData(1, 0.5, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(3, 2, 4)]
    [InlineData(10, 256, 512)]
    [InlineData(11, 300, 600)]
    [InlineData(1000, 300, 600)]
    public void the_wait_doubles_with_each_failure_up_to_ten_minutes_less_a_random_part(long failures, double shortest, double longest)
    {
        Assert.Equal(TimeSpan.FromSeconds(shortest), BackOff.After(failures, 0));
        Assert.Equal(TimeSpan.FromSeconds(longest), BackOff.After(failures, 1));
    }
}
