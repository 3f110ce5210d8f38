using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class SessionTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task a_session_is_listed_shown_deleted_and_restored()
    {
        foreach (var text in new[] { "one", "two", "three" }) (await _holdfast.RunAsync("remember", text, "--session", "s", "--user", "maria")).Done();
        Assert.Equal("s", Assert.Single((await _holdfast.RunAsync("session", "list", "--user", "maria", "--json")).Result.EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal(0, (await _holdfast.RunAsync("session", "list", "--user", "otto", "--json")).Result.GetArrayLength());

        var shown = (await _holdfast.RunAsync("session", "show", "s")).Done().Out.TrimEnd().Split('\n');
        Assert.Equal(["user: one", "user: two", "user: three"], shown.Select(line => line[21..]));
        Assert.EndsWith("user: three\n", (await _holdfast.RunAsync("session", "show", "s", "--last", "1")).Done().Out, StringComparison.Ordinal);

        (await _holdfast.RunAsync("session", "delete", "s", "--dry-run")).Done();
        Assert.Equal(1, (await _holdfast.RunAsync("session", "list", "--json")).Result.GetArrayLength());
        (await _holdfast.RunAsync("session", "delete", "s")).Done();
        Assert.Equal(0, (await _holdfast.RunAsync("session", "list", "--json")).Result.GetArrayLength());
        Assert.True((await _holdfast.RunAsync("session", "list", "--deleted", "--json")).Result[0].GetProperty("deleted").GetBoolean());
        Assert.Contains("hint: holdfast session restore s", (await _holdfast.RunAsync("session", "show", "s")).Ended(6).Errors, StringComparison.Ordinal);

        (await _holdfast.RunAsync("session", "restore", "s")).Done();
        Assert.Equal(3, (await _holdfast.RunAsync("session", "show", "s", "--json")).Result.GetProperty("memories").GetArrayLength());
    }

    [Theory]
    [InlineData("show")]
    [InlineData("delete")]
    [InlineData("restore")]
    public async Task a_session_that_is_not_there_is_not_found(string command)
    {
        var answer = (await _holdfast.RunAsync("session", command, "nobody", "--json")).Ended(6);
        Assert.Equal("not_found", answer.Envelope.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal($"session {command}", answer.Envelope.GetProperty("command").GetString());
    }

    [Fact]
    public async Task tenants_do_not_see_each_other()
    {
        (await _holdfast.RunAsync("remember", "secret plan", "--session", "s", "--tenant", "a")).Done();
        (await _holdfast.RunAsync("session", "show", "s", "--tenant", "b")).Ended(6);
        Assert.Equal(0, (await _holdfast.RunAsync("recall", "plan", "--tenant", "b", "--json")).Result.GetArrayLength());
        Assert.Equal(1, (await _holdfast.RunAsync("recall", "plan", "--tenant", "a", "--json")).Result.GetArrayLength());
    }
}
