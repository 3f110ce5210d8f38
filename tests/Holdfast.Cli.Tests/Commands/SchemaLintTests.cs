using Holdfast.Cli.Tests.Program;
using Holdfast.Operations.Schema.Lint;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class SchemaLintTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task findings_are_told_with_their_line_and_the_safe_way()
    {
        var clean = _holdfast.Write("V0007__add.sql", "alter table {schema}.t add column a text;\n");
        var blocking = _holdfast.Write("V0008__index.sql", "-- first\ncreate index i on {schema}.t (a);\n");
        Assert.Equal("no findings\n", (await _holdfast.RunAsync("schema", "lint", clean)).Done().Out);
        var told = (await _holdfast.RunAsync("schema", "lint", clean, blocking)).Ended(10);
        Assert.StartsWith($"{blocking}:2: require-concurrent-index-creation: ", told.Out, StringComparison.Ordinal);
        Assert.Contains("CREATE INDEX CONCURRENTLY", told.Out, StringComparison.Ordinal);

        var result = (await _holdfast.RunAsync("schema", "lint", clean, blocking, "--json")).Ended(10).Envelope.GetProperty("result");
        var finding = Assert.Single(result.GetProperty("findings").EnumerateArray());
        Assert.Equal((2, blocking, 2, "require-concurrent-index-creation"),
            (result.GetProperty("files").GetInt32(), finding.GetProperty("file").GetString(), finding.GetProperty("line").GetInt32(), finding.GetProperty("rule").GetString()));
        Assert.Contains("require-lock-timeout", (await _holdfast.RunAsync("schema", "lint", clean, "--without-limits")).Ended(10).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_cannot_be_read_is_named()
    {
        Assert.Contains("nothing.sql cannot be read", (await _holdfast.RunAsync("schema", "lint", _holdfast.PathOf("nothing.sql"))).Ended(2).Errors, StringComparison.Ordinal);
        var open = _holdfast.Write("open.sql", "select 1;\nselect 'x");
        Assert.Contains("open.sql: Line 2: a quote that does not end", (await _holdfast.RunAsync("schema", "lint", open)).Ended(2).Errors, StringComparison.Ordinal);
        var unbalanced = _holdfast.Write("unbalanced.sql", "create table t (id int;\ncreate index i on t (id);");
        Assert.Contains("unbalanced.sql: Line 1: a parenthesis that is not closed", (await _holdfast.RunAsync("schema", "lint", unbalanced)).Ended(2).Errors, StringComparison.Ordinal);
        Directory.CreateDirectory(_holdfast.PathOf("folder"));
        Assert.Contains("/folder is a directory; lint takes files", (await _holdfast.RunAsync("schema", "lint", _holdfast.PathOf("folder"))).Ended(2).Errors, StringComparison.Ordinal);
        (await _holdfast.RunAsync("schema", "lint")).Ended(2);
    }

    [Fact]
    public void every_rule_has_its_section_in_the_page()
    {
        var page = File.ReadAllText(Path.Combine(PostgresPrograms.Repository(), "docs/commands/schema-lint.md"));
        Assert.All(LintRule.All, rule => Assert.Contains($"\n## {rule.Name}\n\n{rule.Message} {rule.Remedy}\n", page, StringComparison.Ordinal));
    }
}
