using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class ForgetTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task a_user_is_forgotten_and_the_others_are_not()
    {
        (await _holdfast.RunAsync("remember", "my secret is opal", "--session", "s", "--user", "maria")).Done();
        (await _holdfast.RunAsync("remember", "opal is a stone", "--session", "t", "--user", "omar")).Done();

        var dry = (await _holdfast.RunAsync("forget", "--user", "maria", "--dry-run", "--json")).Result;
        Assert.True(dry.GetProperty("dry_run").GetBoolean());
        Assert.Equal(("local", "would_be_emptied", 3), (dry.GetProperty("stores")[0].GetProperty("store").GetString(), dry.GetProperty("stores")[0].GetProperty("state").GetString(), dry.GetProperty("stores")[0].GetProperty("rows").GetInt32()));
        Assert.Equal(2, (await _holdfast.RunAsync("recall", "opal", "--json")).Result.GetArrayLength());

        var answer = (await _holdfast.RunAsync("forget", "--user", "maria", "--yes")).Done();
        Assert.StartsWith("target: local", answer.Errors, StringComparison.Ordinal);
        Assert.Contains("user 'maria' is forgotten through ", answer.Out, StringComparison.Ordinal);
        Assert.Contains("Backups made before now keep the content until they expire.", answer.Out, StringComparison.Ordinal);
        Assert.Equal("opal is a stone", Assert.Single((await _holdfast.RunAsync("recall", "opal", "--json")).Result.EnumerateArray()).GetProperty("memory").GetProperty("content").GetString());
        (await _holdfast.RunAsync("remember", "hello again", "--session", "s", "--user", "maria")).Done();
        Assert.Equal(0, (await _holdfast.RunAsync("forget", "--user", "nobody", "--yes", "--json")).Result.GetProperty("stores")[0].GetProperty("rows").GetInt32());
    }

    [Fact]
    public async Task a_session_is_forgotten()
    {
        (await _holdfast.RunAsync("remember", "secret", "--session", "s", "--user", "maria")).Done();
        var result = (await _holdfast.RunAsync("forget", "--session", "s", "--yes", "--json")).Result;
        Assert.Equal(("s", true, "emptied"), (result.GetProperty("session_id").GetString(), result.GetProperty("complete").GetBoolean(), result.GetProperty("stores")[0].GetProperty("state").GetString()));
        Assert.Empty((await _holdfast.RunAsync("recall", "secret", "--json")).Result.EnumerateArray());
    }

    [Theory]
    [InlineData("forget")]
    [InlineData("forget", "--user", "maria", "--session", "s")]
    [InlineData("forget", "--user", "")]
    public async Task exactly_one_must_be_named(params string[] arguments) => (await _holdfast.RunAsync([.. arguments, "--yes"])).Ended(2);
}
