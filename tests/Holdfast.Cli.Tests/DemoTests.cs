using Holdfast.Cli.Commands;
using Xunit;

namespace Holdfast.Cli.Tests;

public sealed class DemoTests
{
    private static readonly Guid[] Ids = [.. Enumerable.Range(1, 5).Select(i => new Guid(i, 0, 0, new byte[8]))];

    [Fact]
    public async Task the_demo_shows_that_every_acknowledged_message_is_there_once()
    {
        using var holdfast = new HoldfastProgram();
        var result = await holdfast.ResultAsync("demo");
        Assert.True(result.GetProperty("holds").GetBoolean());
        Assert.True(result.GetProperty("acknowledged").GetInt32() >= 400);
        Assert.Equal(0, result.GetProperty("missing").GetInt32());
        Assert.False(File.Exists(Path.Combine(holdfast.Home, "memory.db")), "the demo touched the user's own memory");
    }

    [Fact]
    public void its_verdict_is_bad_when_a_message_is_missing_or_doubled_or_an_import_adds_twice()
    {
        Assert.True(DemoReport.Of(5, 0, 3, Ids, Ids).Holds);
        Assert.True(DemoReport.Of(5, 0, 3, Ids[..4], Ids).Holds);
        Assert.False(DemoReport.Of(5, 0, 3, Ids, Ids[1..]).Holds);
        Assert.False(DemoReport.Of(5, 0, 3, Ids, [.. Ids, Ids[0]]).Holds);
        Assert.False(DemoReport.Of(5, 5, 3, Ids, Ids).Holds);
        Assert.False(DemoReport.Of(5, 0, 0, Ids, Ids).Holds);
    }
}
