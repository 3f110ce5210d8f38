using Holdfast.Exchange;
using Xunit;

namespace Holdfast.Tests.Exchange;

public sealed class GenerationsTests
{
    [Fact]
    public void the_last_keys_are_remembered_and_old_ones_are_dropped()
    {
        var generations = new Generations<int, int>(100);

        for (var i = 0; i < 1000; i++)
        {
            generations.Set(i, i);
            for (var back = 0; back < Math.Min(100, i + 1); back++)
                Assert.True(generations.TryGet(i - back, out var value) && value == i - back);
        }

        Assert.False(generations.TryGet(0, out _));
        Assert.False(generations.TryGet(700, out _));
    }

    [Fact]
    public void a_key_that_is_used_again_and_again_stays()
    {
        var generations = new Generations<int, string>(10);
        generations.Set(-1, "kept");

        for (var i = 0; i < 1000; i++)
        {
            generations.Set(i, "passing");
            Assert.True(generations.TryGet(-1, out var value) && value == "kept");
        }
    }
}
