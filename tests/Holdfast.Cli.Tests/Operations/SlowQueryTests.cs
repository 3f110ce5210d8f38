using Holdfast.Cli.Tests.Program;
using Holdfast.Providers.Control;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

public sealed class SlowQueryTests : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task slow_statements_are_listed_the_newest_first_and_grouped_by_their_cost()
    {
        var log = new SlowQueryLog(_holdfast.Home, TimeSpan.FromMilliseconds(500), TimeProvider.System);
        log.Add("neon", "select 1", TimeSpan.FromMilliseconds(600));
        log.Add("neon", "select\n  2", TimeSpan.FromMilliseconds(700));
        log.Add("supabase", "select 1", TimeSpan.FromMilliseconds(900));
        log.Add("neon", "select 'quick'", TimeSpan.FromMilliseconds(499));
        await File.AppendAllTextAsync(_holdfast.PathOf("slow-queries.jsonl"), "{\"at\":\"2026-");

        var newest = (await _holdfast.RunAsync("query", "slow", "--json")).Result;
        Assert.Equal(["select 1", "select\n  2", "select 1"], newest.EnumerateArray().Select(query => query.GetProperty("statement").GetString()));
        Assert.Equal(1, (await _holdfast.RunAsync("query", "slow", "--last", "1", "--json")).Result.GetArrayLength());

        var top = (await _holdfast.RunAsync("query", "slow", "--top", "--json")).Result[0];
        Assert.Equal(("select 1", 2, 1500.0, 900.0), (top.GetProperty("statement").GetString(), top.GetProperty("times").GetInt32(), top.GetProperty("total_milliseconds").GetDouble(), top.GetProperty("longest_milliseconds").GetDouble()));
        Assert.Matches(@"700 ms +\d+ +select 2\n", (await _holdfast.RunAsync("query", "slow")).Done().Out);
    }

    [Fact]
    public async Task no_slow_statement_is_no_error() => Assert.Equal("no slow statement\n", (await _holdfast.RunAsync("query", "slow")).Done().Errors);
}
