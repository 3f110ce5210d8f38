using System.Text;
using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class RememberTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task what_is_remembered_is_shown_with_all_that_came_with_it()
    {
        var stored = (await _holdfast.RunAsync("remember", "I would rather take the train. 🚆", "--session", "trip", "--user", "maria", "--author", "Maria",
            "--metadata", """{"ref":"d1","n":[1,2.50]}""", "--at", "2026-05-04T08:00:00.123456Z", "--key", "m1", "--json")).Result;
        Assert.Equal("stored", stored.GetProperty("outcome").GetString());

        var memory = (await _holdfast.RunAsync("session", "show", "trip", "--json")).Result.GetProperty("memories")[0];
        Assert.Equal(stored.GetProperty("id").GetString(), memory.GetProperty("id").GetString());
        Assert.Equal("I would rather take the train. 🚆", memory.GetProperty("content").GetString());
        Assert.Equal(("maria", "message_user", "Maria", "m1", "2026-05-04T08:00:00.123456Z"), (memory.GetProperty("user_id").GetString(), memory.GetProperty("memory_type").GetString(),
            memory.GetProperty("author").GetString(), memory.GetProperty("key").GetString(), memory.GetProperty("created_at").GetString()));
        Assert.Equal("2.50", memory.GetProperty("metadata").GetProperty("n")[1].GetRawText());
    }

    [Fact]
    public async Task the_target_is_said_on_standard_error_before_anything_changes()
    {
        var answer = (await _holdfast.RunAsync("remember", "hello", "--session", "s")).Done();
        Assert.StartsWith($"target: local  {_holdfast.PathOf("memory.db")}", answer.Errors, StringComparison.Ordinal);
        Assert.EndsWith("  stored\n", answer.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_dry_run_changes_nothing()
    {
        (await _holdfast.RunAsync("remember", "hello", "--session", "s", "--dry-run")).Done();
        Assert.False(File.Exists(_holdfast.PathOf("memory.db")));
    }

    [Fact]
    public async Task the_same_key_twice_is_one_row_and_another_content_under_it_is_a_conflict()
    {
        var first = (await _holdfast.RunAsync("remember", "one", "--session", "s", "--key", "k", "--json")).Result;
        var again = (await _holdfast.RunAsync("remember", "one", "--session", "s", "--key", "k", "--json")).Result;
        Assert.Equal("already_stored", again.GetProperty("outcome").GetString());
        Assert.Equal(first.GetProperty("id").GetString(), again.GetProperty("id").GetString());

        var conflict = (await _holdfast.RunAsync("remember", "two", "--session", "s", "--key", "k")).Ended(7);
        Assert.Contains("'k'", conflict.Errors, StringComparison.Ordinal);
        Assert.Contains("hint: ", conflict.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_text_comes_from_standard_input_without_the_last_line_end()
    {
        (await _holdfast.RunWithInputAsync("first\nsecond\n\n"u8.ToArray(), "remember", "-", "--session", "s", "--type", "decision")).Done();
        var memory = (await _holdfast.RunAsync("session", "show", "s", "--json")).Result.GetProperty("memories")[0];
        Assert.Equal(("decision", "first\nsecond\n"), (memory.GetProperty("memory_type").GetString(), memory.GetProperty("content").GetString()));
    }

    [Fact]
    public async Task standard_input_that_is_no_utf8_is_refused_not_changed()
    {
        (await _holdfast.RunWithInputAsync([.. Encoding.UTF8.GetBytes("caf"), 0xE9], "remember", "-", "--session", "s")).Ended(2);
        Assert.False(File.Exists(_holdfast.PathOf("memory.db")));
    }

    [Theory]
    [InlineData("--type", "nonsense")]
    [InlineData("--role", "robot")]
    [InlineData("--at", "yesterday")]
    [InlineData("--metadata", "{")]
    public async Task bad_input_is_refused_before_anything_is_opened(string option, string value)
    {
        var answer = (await _holdfast.RunAsync("remember", "x", "--session", "s", option, value)).Ended(2);
        Assert.StartsWith("error: ", answer.Errors, StringComparison.Ordinal);
        Assert.Empty(answer.Out);
        Assert.False(File.Exists(_holdfast.PathOf("memory.db")));
    }
}
