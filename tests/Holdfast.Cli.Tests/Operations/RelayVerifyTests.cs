using System.Text.Json;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

public sealed class RelayVerifyTests(ThreeProviders providers) : IClassFixture<ThreeProviders>
{
    private const string Remove = "delete from holdfast.session_memories where content::text = '\"two\"'";

    [Fact]
    public async Task equal_providers_are_equal_and_nothing_is_hashed_twice()
    {
        using var home = await RememberedAsync();
        var answer = (await home.RunAsync("relay", "verify")).Done();
        Assert.StartsWith("target: neon  127.0.0.1:", answer.Errors, StringComparison.Ordinal);
        Assert.Contains("equal: every row stands alike on neon, supabase, railway (", answer.Out, StringComparison.Ordinal);
        await Wait.UntilAsync(async () => (await home.RunAsync("relay", "verify", "--json")).Result.GetProperty("providers").EnumerateArray()
            .All(provider => (Number(provider, "rows"), Number(provider, "rows_hashed")) is ( > 2, 0)), "nothing is hashed any more");
        Assert.All((await home.RunAsync("relay", "verify", "--json", "--fresh")).Result.GetProperty("providers").EnumerateArray(),
            provider => Assert.Equal(Number(provider, "rows"), Number(provider, "rows_hashed")));
        Assert.True((await home.RunAsync("relay", "verify", "--deep", "--json")).Result.GetProperty("deep").GetBoolean());
    }

    [Fact]
    public async Task a_row_that_is_missing_is_named_and_repaired()
    {
        using var home = await RememberedAsync();
        await PostgresServer.ExecuteAsync(home.Of("railway"), Remove);
        var found = (await home.RunAsync("relay", "verify", "--patience", "0")).Ended(9);
        Assert.Contains("error: The providers differ: railway in 1 rows of session_memories.\nhint: holdfast relay repair\n", found.Errors, StringComparison.Ordinal);
        var difference = Assert.Single((await home.RunAsync("relay", "verify", "--patience", "0", "--json")).ResultWith(9).GetProperty("differences").EnumerateArray());
        Assert.Equal(("session_memories", "railway", 1L, 0L), (Text(difference, "table"), Text(difference, "provider"), Number(difference, "missing"), Number(difference, "other_stamp")));
        var example = Assert.Single(difference.GetProperty("examples").EnumerateArray());
        Assert.Equal(("default", "missing"), (Text(example, "tenant_id"), Text(example, "kind")));
        // The two that are equal, alone.
        (await home.RunAsync("relay", "verify", "neon", "supabase")).Done();

        var dry = (await home.RunAsync("relay", "repair", "--dry-run", "--patience", "0")).Done();
        Assert.Contains("would be mended", dry.Out, StringComparison.Ordinal);
        (await home.RunAsync("relay", "verify", "--patience", "0")).Ended(9);
        (await home.RunAsync("freeze", "on")).Done();
        (await home.RunAsync("relay", "repair", "--patience", "0")).Ended(4);
        (await home.RunAsync("freeze", "off")).Done();
        var repaired = (await home.RunAsync("relay", "repair", "--patience", "0", "--yes", "--json")).Result;
        // The decisions to freeze and to thaw may still have been on their way to one of them.
        var done = Assert.Single(repaired.GetProperty("done").EnumerateArray(), item => Text(item, "table") != "revisions");
        Assert.Equal(("session_memories", "railway", 1L), (Text(done, "table"), Text(done, "provider"), Number(done, "copied")));
        Assert.True(repaired.GetProperty("comparison").GetProperty("equal").GetBoolean());
        (await home.RunAsync("relay", "verify", "--patience", "0", "--deep", "--fresh")).Done();
        Assert.Contains("nothing to mend", (await home.RunAsync("relay", "repair")).Done().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_repair_that_a_provider_refuses_says_so()
    {
        using var home = await RememberedAsync();
        await PostgresServer.ExecuteAsync(home.Of("railway"), Remove + "; alter table holdfast.session_memories add constraint narrow check (content::text <> '\"two\"')");
        var answer = (await home.RunAsync("relay", "repair", "--patience", "0", "--yes")).Ended(9);
        Assert.Contains("railway refused session_memories ", answer.Out, StringComparison.Ordinal);
        Assert.Contains("error: The providers differ: ", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task one_that_does_not_answer_is_named_and_the_others_are_compared()
    {
        using var home = await RememberedAsync();
        await providers["supabase"].KillAsync();
        var answer = (await home.RunAsync("relay", "verify", "--json")).Ended(8);
        var result = answer.Envelope.GetProperty("result");
        Assert.True(result.GetProperty("equal").GetBoolean());
        Assert.Equal("supabase", Text(Assert.Single(result.GetProperty("unreachable").EnumerateArray()), "name"));
        Assert.Contains("error: supabase did not answer; the others are equal.", answer.Errors, StringComparison.Ordinal);
        (await home.RunAsync("relay", "verify", "neon", "supabase")).Ended(8);
        await PostgresServer.ExecuteAsync(home.Of("railway"), Remove);
        (await home.RunAsync("relay", "verify", "--patience", "0")).Ended(9);
        (await home.RunAsync("relay", "verify", "neon")).Ended(2);
        (await home.RunAsync("relay", "verify", "heroku")).Ended(2);
    }

    [Fact]
    public async Task rows_that_a_provider_refused_from_the_relay_are_listed()
    {
        using var home = await RememberedAsync();
        await PostgresServer.ExecuteAsync(home.Of("neon"), "insert into holdfast.relay_rejects (tenant_id, table_name, id, source, error, rejected_at) values ('default', 'commands', '01900000-0000-7000-8000-000000000000', 'railway', 'narrow check', now())");
        var parked = Assert.Single((await home.RunAsync("relay", "verify", "--json")).Result.GetProperty("providers")[0].GetProperty("parked").EnumerateArray());
        Assert.Equal(("commands", "railway", "narrow check"), (Text(parked, "table"), Text(parked, "source"), Text(parked, "error")));
        Assert.Contains("neon refused 1 rows from the relay", (await home.RunAsync("relay", "verify")).Done().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task without_providers_there_is_nothing_to_compare()
    {
        using var program = new Program.HoldfastProgram();
        Assert.Contains("No provider is configured", (await program.RunAsync("relay", "verify")).Ended(2).Errors, StringComparison.Ordinal);
    }

    private async Task<ProviderHome> RememberedAsync()
    {
        var home = await providers.NewAsync();
        await using (var memory = await home.OpenAsync())
        {
            var session = await memory.OpenSessionAsync("s");
            foreach (var text in (string[])["one", "two", "three"]) await session.AppendUserAsync(text);
        }
        // What was pushed last may still be on its way.
        (await home.RunAsync("relay", "verify", "--patience", "30")).Done();
        return home;
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();
}
