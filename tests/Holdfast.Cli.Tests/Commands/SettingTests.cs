using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class SettingTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Theory]
    [InlineData("0.20")]
    [InlineData("a text")]
    [InlineData("{\"a\":[true,null]}")]
    public async Task a_value_comes_back_as_it_was_set(string value)
    {
        (await _holdfast.RunAsync("setting", "set", "llm", "x", value)).Done();
        Assert.Equal($"{value}\n", (await _holdfast.RunAsync("setting", "get", "llm", "x")).Done().Out);
    }

    [Fact]
    public async Task settings_are_listed_by_category()
    {
        (await _holdfast.RunAsync("setting", "set", "llm", "model", "small")).Done();
        (await _holdfast.RunAsync("setting", "set", "ui", "theme", "dark")).Done();
        Assert.Equal(2, (await _holdfast.RunAsync("setting", "list", "--json")).Result.GetArrayLength());
        Assert.Equal("CATEGORY  NAME   VALUE\nui        theme  dark\n", (await _holdfast.RunAsync("setting", "list", "--category", "ui")).Done().Out);
    }

    [Fact]
    public async Task a_change_from_an_older_revision_is_a_conflict_and_changes_nothing()
    {
        var revision = (await _holdfast.RunAsync("setting", "set", "llm", "model", "small", "--json")).Result.GetProperty("revision").GetString()!;
        (await _holdfast.RunAsync("setting", "set", "llm", "model", "large", "--expected-revision", revision)).Done();
        (await _holdfast.RunAsync("setting", "set", "llm", "model", "tiny", "--expected-revision", revision)).Ended(7);
        Assert.Equal("large\n", (await _holdfast.RunAsync("setting", "get", "llm", "model")).Done().Out);
    }

    [Fact]
    public async Task a_setting_that_is_not_there_is_not_found() => (await _holdfast.RunAsync("setting", "get", "llm", "none")).Ended(6);

    [Fact]
    public async Task a_dry_run_sets_nothing()
    {
        (await _holdfast.RunAsync("setting", "set", "llm", "model", "small", "--dry-run")).Done();
        (await _holdfast.RunAsync("setting", "get", "llm", "model")).Ended(6);
    }
}
