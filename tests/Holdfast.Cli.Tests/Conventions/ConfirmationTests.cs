using Holdfast.Cli.Output;
using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Conventions;

/// <summary>A change that asks: what an answer does, and what happens where nobody can give one. Each command that asks says so in its own tests too.</summary>
public sealed class ConfirmationTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    private async Task<int> RememberedAsync() => (await _holdfast.RunAsync("recall", "opal", "--json")).Result.GetArrayLength();

    [Fact]
    public async Task no_is_5_yes_does_it_and_where_nobody_is_there_it_is_refused_with_the_line_to_say()
    {
        (await _holdfast.RunAsync("remember", "my secret is opal", "--session", "s", "--user", "maria o'hara")).Done();
        var alone = (await _holdfast.RunAsync("forget", "--user", "maria o'hara", "--json")).Ended(4);
        Assert.Equal("refused", alone.Envelope.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains(@"hint: holdfast forget --user 'maria o'\''hara' --json --yes", alone.Errors, StringComparison.Ordinal);
        Assert.Equal(1, await RememberedAsync());

        Assert.Contains("The answer was no. Nothing was changed.", (await _holdfast.AnswerAsync("n", "forget", "--session", "s")).Ended(5).Out, StringComparison.Ordinal);
        (await _holdfast.AnswerAsync("", "forget", "--session", "s")).Ended(5);
        Assert.Equal(1, await RememberedAsync());
        (await _holdfast.AnswerAsync("y", "forget", "--session", "s")).Done();
        Assert.Equal(0, await RememberedAsync());
    }

    [Theory]
    [InlineData("orders_region_idx", "orders_region_idx")]
    [InlineData("", "''")]
    [InlineData("a b", "'a b'")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("$(date)", "'$(date)'")]
    public void a_word_is_quoted_where_a_shell_would_read_it_otherwise(string word, string quoted) => Assert.Equal(quoted, ShellWord.Of(word));
}
