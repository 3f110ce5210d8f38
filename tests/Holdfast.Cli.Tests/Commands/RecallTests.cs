using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class RecallTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task any_word_finds_and_more_words_come_first()
    {
        (await _holdfast.RunAsync("remember", "the weather in Lisbon is fine", "--session", "a", "--user", "maria")).Done();
        (await _holdfast.RunAsync("remember", "the train to Lisbon leaves at nine", "--session", "b", "--user", "otto")).Done();

        var found = (await _holdfast.RunAsync("recall", "which train goes to Lisbon?", "--json")).Result;
        Assert.Equal("the train to Lisbon leaves at nine", found[0].GetProperty("memory").GetProperty("content").GetString());
        Assert.Equal(2, found.GetArrayLength());
        Assert.Equal(1, (await _holdfast.RunAsync("recall", "lisbon", "--limit", "1", "--json")).Result.GetArrayLength());
        Assert.Equal("a", Assert.Single((await _holdfast.RunAsync("recall", "lisbon", "--user", "maria", "--json")).Result.EnumerateArray()).GetProperty("memory").GetProperty("session_id").GetString());
        Assert.Equal("b", Assert.Single((await _holdfast.RunAsync("recall", "lisbon", "--session", "b", "--json")).Result.EnumerateArray()).GetProperty("memory").GetProperty("session_id").GetString());
    }

    [Fact]
    public async Task finding_nothing_is_an_empty_result_and_a_note()
    {
        var answer = (await _holdfast.RunAsync("recall", "\" OR 1=1; drop table %_'")).Done();
        Assert.Empty(answer.Out);
        Assert.Contains("nothing found", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_piped_result_has_plain_columns_and_no_escape_codes()
    {
        (await _holdfast.RunAsync("remember", "lisbon\nby train", "--session", "a")).Done();
        var answer = (await _holdfast.RunAsync("recall", "lisbon")).Done();
        Assert.StartsWith("SCORE", answer.Out, StringComparison.Ordinal);
        Assert.EndsWith("lisbon by train\n", answer.Out, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', answer.Out + answer.Errors);
    }
}
