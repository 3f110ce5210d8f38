using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class CompletionTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Theory]
    [InlineData("bash", "complete -F _holdfast holdfast")]
    [InlineData("zsh", "compdef _holdfast holdfast")]
    [InlineData("fish", "complete -c holdfast")]
    [InlineData("pwsh", "Register-ArgumentCompleter")]
    public async Task a_script_asks_the_program_itself(string shell, string registration)
    {
        var script = (await _holdfast.RunAsync("completion", shell)).Done().Out;
        Assert.Contains(registration, script, StringComparison.Ordinal);
        Assert.Contains("[suggest:", script, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_unknown_shell_is_a_usage_error() => (await _holdfast.RunAsync("completion", "tcsh")).Ended(2);

    [Theory]
    [InlineData("", "remember session import export job demo", "demo-append")]
    [InlineData("session ", "list show delete restore", "remember")]
    [InlineData("job cl", "claim", "list")]
    [InlineData("recall x --li", "--limit", "--user")]
    public async Task an_unfinished_line_is_completed(string line, string suggested, string not)
    {
        var words = (await _holdfast.RunAsync($"[suggest:{line.Length}]", line)).Done().Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Subset(words.ToHashSet(), suggested.Split(' ').ToHashSet());
        Assert.DoesNotContain(not, words);
    }

    [Fact]
    public async Task bash_completes_with_it()
    {
        // As bash calls a completion: the words, the line, and where the cursor is.
        var script = _holdfast.Write("completion.bash", (await _holdfast.RunAsync("completion", "bash")).Done().Out);
        var program = Path.Combine(AppContext.BaseDirectory, "Holdfast.Cli");
        var test = _holdfast.Write("test.bash", $$"""
            holdfast() { "{{program}}" "$@"; }
            source "{{script}}"
            COMP_WORDS=(holdfast session sh) COMP_CWORD=2 COMP_LINE="holdfast session sh" COMP_POINT=19
            _holdfast
            echo "${COMPREPLY[@]}"
            """);
        using var bash = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", [test]) { RedirectStandardOutput = true })!;
        Assert.Equal("show\n", await bash.StandardOutput.ReadToEndAsync());
    }
}
