using Holdfast.Cli.Commands;
using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Conventions;

public sealed class HelpTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public void every_command_has_a_description_and_an_example_that_parses()
    {
        Assert.All(CommandTree.All(), entry =>
        {
            Assert.False(string.IsNullOrWhiteSpace(entry.Command.Description), entry.Name);
            Assert.StartsWith($"holdfast {entry.Name}", string.Join(' ', CommandTree.Words(entry.Command.Example).Prepend("holdfast")), StringComparison.Ordinal);
            Assert.Empty(HoldfastCommand.Create().Parse(CommandTree.Words(entry.Command.Example)).Errors);
        });
    }

    [Fact]
    public void every_option_and_argument_says_what_it_is() => Assert.All(CommandTree.All(), entry =>
    {
        Assert.All(entry.Command.Options, option => Assert.False(string.IsNullOrWhiteSpace(option.Description), $"{entry.Name} {option.Name}"));
        Assert.All(entry.Command.Arguments, argument => Assert.False(string.IsNullOrWhiteSpace(argument.Description), $"{entry.Name} {argument.Name}"));
    });

    [Theory]
    [InlineData("session", "list")]
    [InlineData("job")]
    [InlineData("import")]
    public async Task help_ends_with_the_example(params string[] command)
    {
        var help = (await _holdfast.RunAsync([.. command, "--help"])).Done().Out;
        Assert.Contains($"Example:\n  holdfast {string.Join(' ', command)}", help, StringComparison.Ordinal);
        Assert.DoesNotContain("Holdfast.Cli", help, StringComparison.Ordinal);
    }

    [Fact]
    public async Task without_a_command_the_help_is_shown()
    {
        var help = (await _holdfast.RunAsync()).Done().Out;
        Assert.Contains("holdfast demo", help, StringComparison.Ordinal);
        Assert.DoesNotContain("demo-append", help, StringComparison.Ordinal);
    }
}
