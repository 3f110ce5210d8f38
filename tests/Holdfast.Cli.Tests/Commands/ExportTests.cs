using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class ExportTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task export_and_import_is_the_identity()
    {
        (await _holdfast.RunAsync("remember", "ein Text mit \"Zeichen\" \u202eund 🚆", "--session", "a", "--user", "maria", "--key", "k", "--metadata", """{"n":1.50}""")).Done();
        (await _holdfast.RunAsync("remember", """{"why":["cheap"]}""", "--content-json", "--type", "decision", "--session", "b", "--at", "1999-12-31T23:59:59.999999Z")).Done();
        var lines = (await _holdfast.RunAsync("export")).Done().Out;

        using var other = new HoldfastProgram();
        (await other.RunAsync("import", other.Write("in.jsonl", lines))).Done();
        Assert.Equal(lines, (await other.RunAsync("export")).Done().Out);
        Assert.Equal(lines, (await _holdfast.RunAsync("export", "-o", "-")).Done().Out);
    }

    [Fact]
    public async Task a_file_appears_when_it_is_whole_and_the_answer_counts_its_lines()
    {
        (await _holdfast.RunAsync("remember", "one", "--session", "a", "--user", "maria")).Done();
        (await _holdfast.RunAsync("remember", "two", "--session", "b")).Done();
        var report = (await _holdfast.RunAsync("export", "-o", _holdfast.PathOf("out.jsonl"), "--user", "maria", "--json")).Result;
        Assert.Equal(1, report.GetProperty("memories").GetInt64());
        Assert.Equal(new FileInfo(_holdfast.PathOf("out.jsonl")).Length, report.GetProperty("bytes").GetInt64());
        Assert.Empty(Directory.GetFiles(_holdfast.Home, "*.partial"));
    }

    [Fact]
    public async Task an_older_file_is_replaced_only_when_that_is_said()
    {
        var file = _holdfast.Write("out.jsonl", "precious\n");
        (await _holdfast.RunAsync("export", "-o", file)).Ended(4);
        Assert.Equal("precious\n", File.ReadAllText(file));
        (await _holdfast.RunAsync("export", "-o", file, "--yes")).Done();
        Assert.NotEqual("precious\n", File.ReadAllText(file));
    }

    [Fact]
    public async Task lines_and_the_envelope_do_not_share_standard_output() => (await _holdfast.RunAsync("export", "--json")).Ended(2);
}
