using System.Text.Json;
using Holdfast.Cli.Commands;
using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class DemoTests
{
    private static readonly Guid[] Ids = [.. Enumerable.Range(1, 3).Select(i => new Guid(i, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]))];

    [Fact]
    public async Task it_shows_in_a_few_lines_that_nothing_acknowledged_was_lost()
    {
        using var holdfast = new HoldfastProgram();
        var answer = (await holdfast.RunAsync("demo")).Done();
        Assert.Contains("It holds: every acknowledged message is there, once.", answer.Out, StringComparison.Ordinal);
        Assert.InRange(answer.Out.Split('\n').Length, 8, 30);
        Assert.Empty(Directory.GetFileSystemEntries(holdfast.Home));
    }

    [Fact]
    public async Task its_numbers_are_there_for_programs()
    {
        using var holdfast = new HoldfastProgram();
        var report = (await holdfast.RunAsync("demo", "--json")).Result;
        Assert.True(report.GetProperty("acknowledged").GetInt32() >= 400);
        Assert.Equal((0, 0, JsonValueKind.True), (report.GetProperty("missing").GetInt32(), report.GetProperty("twice").GetInt32(), report.GetProperty("holds").ValueKind));
    }

    [Fact]
    public void a_message_that_is_missing_is_a_loss() => Assert.Equal((false, 1), (DemoReport.Of(9, 0, 1, Ids, Ids[..2]).Holds, DemoReport.Of(9, 0, 1, Ids, Ids[..2]).Missing));

    [Fact]
    public void a_message_that_is_there_twice_is_a_defect() => Assert.Equal((false, 1), (DemoReport.Of(9, 0, 1, Ids, [.. Ids, Ids[0]]).Holds, DemoReport.Of(9, 0, 1, Ids, [.. Ids, Ids[0]]).Twice));

    [Fact]
    public void an_import_that_adds_twice_or_a_recall_that_finds_nothing_does_not_hold()
    {
        Assert.False(DemoReport.Of(9, 1, 1, Ids, Ids).Holds);
        Assert.False(DemoReport.Of(9, 0, 0, Ids, Ids).Holds);
        Assert.False(DemoReport.Of(0, 0, 1, Ids, Ids).Holds);
    }

    [Fact]
    public void a_message_that_was_written_but_not_acknowledged_any_more_may_be_there() => Assert.True(DemoReport.Of(9, 0, 1, Ids[..2], Ids).Holds);
}
