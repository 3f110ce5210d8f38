using Holdfast.Cli.Tests.Program;
using Holdfast.Providers.Control;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

public sealed class StatusVerdictTests(ThreeProviders providers) : IClassFixture<ThreeProviders>
{
    [Fact]
    public async Task all_is_well_when_all_answer_and_nothing_waits()
    {
        using var home = await providers.NewAsync();
        (await home.RunAsync("remember", "hello", "--session", "s")).Done();
        var screen = (await home.RunAsync("status")).Done().Out;
        Assert.StartsWith("All well: neon leads, 3 of 3 providers answer, nothing waits.\n", screen, StringComparison.Ordinal);
        Assert.EndsWith("\nnext: holdfast verify\n", screen, StringComparison.Ordinal);
        var status = (await home.RunAsync("status", "--json")).Result;
        Assert.Equal("well", status.GetProperty("verdict").GetProperty("level").GetString());
        Assert.Equal(ThreeProviders.Names.Select(_ => 1L), ThreeProviders.Names.Select(name => Rows(status, "session_memories", name)!.Value));
    }

    [Fact]
    public async Task a_killed_provider_is_named_and_what_it_holds_is_unknown()
    {
        using var home = await providers.NewAsync();
        (await home.RunAsync("remember", "hello", "--session", "s")).Done();
        await providers["neon"].KillAsync();
        var answer = (await home.RunAsync("status")).Ended(10);
        Assert.StartsWith("Degraded but nothing lost: neon is down (Connection refused); supabase leads.\n", answer.Out, StringComparison.Ordinal);
        Assert.EndsWith("\nnext: holdfast provider show neon\n", answer.Out, StringComparison.Ordinal);
        Assert.Matches(@"\nneon +backup +down +unknown ", answer.Out);
        var status = (await home.RunAsync("status", "--json")).Ended(10).Envelope.GetProperty("result");
        Assert.Null(Rows(status, "session_memories", "neon"));
        Assert.Equal(1, Rows(status, "session_memories", "supabase"));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, status.GetProperty("providers")[0].GetProperty("latency_milliseconds").ValueKind);
    }

    [Fact]
    public async Task rows_that_wait_are_counted_and_nothing_is_well_until_they_are_there()
    {
        using var home = await providers.NewAsync();
        await providers["railway"].KillAsync();
        (await home.RunAsync("remember", "hello", "--session", "s")).Done();
        Assert.Matches(@"railway is down \(Connection refused\); neon leads; \d+ rows wait for railway\.", (await home.RunAsync("status")).Ended(10).Out);
        await providers["railway"].StartAgainAsync();
        var waiting = (await home.RunAsync("status")).Ended(10).Out;
        Assert.Matches(@"^Degraded but nothing lost: \d+ rows wait for railway\.", waiting);
        (await home.RunAsync("remember", "hello again", "--session", "s")).Done();
        (await home.RunAsync("status")).Done();
    }

    [Fact]
    public async Task with_all_killed_nothing_is_reachable_and_the_local_file_takes_the_writes()
    {
        using var home = await providers.NewAsync();
        foreach (var name in ThreeProviders.Names) await providers[name].KillAsync();
        (await home.RunAsync("remember", "hello", "--session", "s")).Done();
        var answer = (await home.RunAsync("status")).Ended(8);
        Assert.StartsWith("None of 3 providers answers: neon is down", answer.Out, StringComparison.Ordinal);
        Assert.Matches(@"The local file takes the writes; \d+ rows? waits? in it\.", answer.Out);
        Assert.Contains("tables  unknown", answer.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_drained_provider_is_not_well()
    {
        using var home = await providers.NewAsync();
        (await home.RunAsync("provider", "drain", "neon")).Done();
        var answer = (await home.RunAsync("status")).Ended(10);
        Assert.StartsWith("Degraded but nothing lost: neon is drained; supabase leads.", answer.Out, StringComparison.Ordinal);
        Assert.EndsWith("\nnext: holdfast provider enable neon\n", answer.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task frozen_writes_are_not_well()
    {
        using var home = await providers.NewAsync();
        (await home.RunAsync("freeze", "on")).Done();
        var answer = (await home.RunAsync("status")).Ended(10);
        Assert.StartsWith("Degraded but nothing lost: all writes are frozen since ", answer.Out, StringComparison.Ordinal);
        Assert.EndsWith("\nnext: holdfast freeze off\n", answer.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task providers_that_hold_different_rows_although_nothing_waits_fail_the_verification()
    {
        using var home = await providers.NewAsync();
        (await home.RunAsync("remember", "hello", "--session", "s")).Done();
        await PostgresServer.ExecuteAsync(home.Of("supabase"), "delete from holdfast.session_memories");
        var answer = (await home.RunAsync("status")).Ended(9);
        Assert.StartsWith("Providers differ: session_memories has different numbers of rows although nothing waits.", answer.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_provider_without_our_tables_answers_and_does_not_take_our_rows()
    {
        using var home = await providers.NewAsync();
        await PostgresServer.ExecuteAsync(home.Of("supabase"), "drop schema holdfast cascade");
        var answer = (await home.RunAsync("status")).Ended(10);
        Assert.Contains("supabase does not take our rows", answer.Out, StringComparison.Ordinal);
        Assert.Matches(@"\nsupabase +backup +refusing ", answer.Out);
    }

    [Fact]
    public async Task a_stopped_provider_does_not_hold_the_screen_up()
    {
        using var home = await providers.NewAsync();
        providers["supabase"].Freeze();
        try
        {
            Assert.Contains("supabase is down (No answer within 1.5 s)", (await home.RunAsync("status")).Ended(10).Out, StringComparison.Ordinal);
        }
        finally
        {
            providers["supabase"].Thaw();
        }
    }

    [Fact]
    public async Task a_failover_stays_in_force_until_the_preferred_provider_leads_again()
    {
        using var home = await providers.NewAsync();
        await using var memory = await home.OpenAsync(failover => failover.FailbackAfter = TimeSpan.FromHours(1));
        var session = await memory.StartSessionAsync();
        await providers["neon"].KillAsync();
        await session.AppendUserAsync("hello");
        await Wait.UntilAsync(() => Task.FromResult(memory.Providers!.Primary is "supabase" or "railway"), "another leads");
        var leader = memory.Providers!.Primary;
        await providers["neon"].StartAgainAsync();
        var published = new ProcessFiles(home.Holdfast.Home);
        await Wait.UntilAsync(() => Task.FromResult(published.Read(TimeProvider.System.GetUtcNow()) is [{ IsFailover: true }] && memory.Providers!.List()[0] is { State: "healthy", IsBehind: false }), "neon is caught up");
        var answer = (await home.RunAsync("status")).Ended(10);
        Assert.StartsWith($"Degraded but nothing lost: {leader} leads", answer.Out, StringComparison.Ordinal);
        Assert.Contains("(failover)", answer.Out, StringComparison.Ordinal);
        Assert.Contains($"\n{Environment.ProcessId} ", answer.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_damaged_local_file_is_told_and_is_not_taken_for_an_empty_spool()
    {
        using var home = await providers.NewAsync();
        home.Holdfast.Write("memory.db", new string('x', 10_000));
        var answer = (await home.RunAsync("status", "--json")).Ended(10).Envelope.GetProperty("result");
        Assert.Contains("the local file does not answer", answer.GetProperty("verdict").GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, answer.GetProperty("spool").GetProperty("rows").ValueKind);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, answer.GetProperty("providers")[0].GetProperty("rows_waiting").ValueKind);
    }

    private static long? Rows(System.Text.Json.JsonElement status, string table, string provider) =>
        status.GetProperty("tables").EnumerateArray().Single(entry => entry.GetProperty("name").GetString() == table).GetProperty("rows").GetProperty(provider) is { ValueKind: System.Text.Json.JsonValueKind.Number } rows ? rows.GetInt64() : null;
}
