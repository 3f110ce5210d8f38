using Holdfast.Cli.Output;
using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Conventions;

public sealed class ColourTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task a_pipe_gets_no_colour() => Assert.DoesNotContain('\e', (await _holdfast.RunAsync("nonsense")).Ended(2).Errors);

    [Fact]
    public async Task colour_can_be_forced_and_no_color_is_stronger()
    {
        _holdfast.With("CLICOLOR_FORCE", "1");
        Assert.Contains('\e', (await _holdfast.RunAsync("session", "show", "none")).Ended(6).Errors);
        Assert.DoesNotContain('\e', (await _holdfast.RunAsync("session", "show", "none", "--no-color")).Errors);
        Assert.DoesNotContain('\e', (await _holdfast.With("NO_COLOR", "1").RunAsync("session", "show", "none")).Errors);
        Assert.DoesNotContain('\e', (await _holdfast.With("NO_COLOR", "").With("TERM", "dumb").RunAsync("session", "show", "none")).Errors);
    }

    [Fact]
    public void control_characters_do_not_reach_a_terminal() => Assert.Equal("a·[31m\tb\nc", Terminal.WithoutControls("a\e[31m\tb\nc"));
}
