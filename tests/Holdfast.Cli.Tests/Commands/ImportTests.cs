using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class ImportTests : IDisposable
{
    private const string Good = """
        {"user_id":"maria","session_id":"s","role":"user","content":"I take the train.","created_at":"2026-05-04T08:00:00.000001Z","metadata":{"ref":"d1"}}
        {"user_id":"maria","session_id":"s","role":"assistant","content":"Nine hours over Badajoz.","created_at":"2026-05-04T08:00:01Z"}

        """;

    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task importing_twice_adds_nothing()
    {
        var file = _holdfast.Write("in.jsonl", Good);
        Assert.Equal(2, (await _holdfast.RunAsync("import", file, "--json")).Result.GetProperty("imported").GetInt64());
        var again = (await _holdfast.RunAsync("import", file, "--json")).Result;
        Assert.Equal((0, 2), (again.GetProperty("imported").GetInt64(), again.GetProperty("already").GetInt64()));
    }

    [Fact]
    public async Task bad_lines_are_named_and_copied_the_others_go_in_and_the_exit_code_says_so()
    {
        var file = _holdfast.Write("in.jsonl", Good + "{\"role\":\"user\"\n" + """{"session_id":"s","role":"robot","content":"x"}""" + "\n");
        var answer = (await _holdfast.RunAsync("import", file, "--rejects", _holdfast.PathOf("bad.jsonl"))).Ended(10);
        Assert.Contains($"{file}:3: ", answer.Errors, StringComparison.Ordinal);
        Assert.Contains($"{file}:4: role", answer.Errors, StringComparison.Ordinal);
        Assert.StartsWith("2 imported, 0 were there already, 2 rejected", answer.Out, StringComparison.Ordinal);
        Assert.Equal(2, File.ReadAllLines(_holdfast.PathOf("bad.jsonl")).Length);
        Assert.Equal(2, (await _holdfast.RunAsync("session", "show", "s", "--json")).Result.GetProperty("memories").GetArrayLength());
    }

    [Fact]
    public async Task messages_come_from_standard_input_into_a_session()
    {
        var messages = """{"messages":[{"role":"system","content":"Be short."},{"role":"user","content":"Hello"}]}"""u8.ToArray();
        (await _holdfast.RunWithInputAsync(messages, "import", "-", "--session", "chat", "--user", "maria")).Done();
        var session = (await _holdfast.RunAsync("session", "show", "chat", "--json")).Result;
        Assert.Equal("maria", session.GetProperty("session").GetProperty("user_id").GetString());
        Assert.Equal(["message_system", "message_user"], session.GetProperty("memories").EnumerateArray().Select(memory => memory.GetProperty("memory_type").GetString()));
    }

    [Fact]
    public async Task a_dry_run_reads_the_file_and_changes_nothing()
    {
        var answer = (await _holdfast.RunAsync("import", _holdfast.Write("in.jsonl", Good + "no json\n"), "--dry-run", "--json")).Ended(10);
        Assert.Equal((2, 1), (answer.Envelope.GetProperty("result").GetProperty("imported").GetInt64(), answer.Envelope.GetProperty("result").GetProperty("rejected").GetInt64()));
        Assert.False(File.Exists(_holdfast.PathOf("memory.db")));
    }

    [Fact]
    public async Task a_file_that_is_not_there_is_not_found() => (await _holdfast.RunAsync("import", "none.jsonl")).Ended(6);

    [Fact]
    public async Task the_rejects_never_replace_the_file_that_is_imported()
    {
        var file = _holdfast.Write("in.jsonl", Good + "no json\n");
        Assert.NotEqual(0, (await _holdfast.RunAsync("import", file, "--rejects", file)).Code);
        Assert.Equal(Good + "no json\n", File.ReadAllText(file));
    }
}
