using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

public sealed class FreezeTests(ThreeProviders providers) : IClassFixture<ThreeProviders>
{
    [Fact]
    public async Task a_frozen_write_is_refused_until_the_freeze_ends()
    {
        using var home = await providers.NewAsync();
        (await home.RunAsync("remember", "before", "--session", "s")).Done();
        var dry = (await home.RunAsync("freeze", "on", "--dry-run")).Done();
        Assert.StartsWith("would be done: All writes of all processes are refused", dry.Out, StringComparison.Ordinal);
        (await home.RunAsync("remember", "meanwhile", "--session", "s")).Done();

        Assert.StartsWith("target: ", (await home.RunAsync("freeze", "on", "--yes")).Done().Errors, StringComparison.Ordinal);
        var refused = (await home.RunAsync("remember", "frozen", "--session", "s")).Ended(4);
        Assert.Contains("All writes are frozen since ", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("hint: holdfast freeze off", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("All writes are frozen since ", (await home.RunAsync("remember", "frozen", "--session", "s", "--provider", "neon")).Ended(4).Errors, StringComparison.Ordinal);
        Assert.Equal(2, (await home.RunAsync("session", "show", "s")).Done().Out.Split('\n').Count(line => line.Contains("user: ", StringComparison.Ordinal)));

        (await home.RunAsync("freeze", "off")).Done();
        (await home.RunAsync("remember", "after", "--session", "s")).Done();
    }

    [Fact]
    public async Task processes_of_other_machines_are_frozen_and_resumed_through_the_providers()
    {
        using var here = await providers.NewAsync();
        using var there = here.OtherMachine();
        await using var memory = await there.OpenAsync();
        // On a machine that is busy one of them may take longer than a decision waits; then it is told again.
        await Wait.UntilAsync(async () => (await here.RunAsync("freeze", "on")).Done().Out.Contains("from: neon, supabase, railway.", StringComparison.Ordinal), "all have the decision");
        await Wait.UntilAsync(() => IsFrozenAsync(memory), "the other machine is frozen");
        // Ended from over there: its own file and the providers know the newest decision.
        (await there.RunAsync("freeze", "off")).Done();
        await Wait.UntilAsync(async () => !await IsFrozenAsync(memory), "the other machine writes again");
        (await here.RunAsync("remember", "hello", "--session", "s")).Done();
    }

    [Fact]
    public async Task with_all_providers_down_this_machine_is_frozen_all_the_same_and_those_that_return_get_the_decision()
    {
        using var here = await providers.NewAsync();
        foreach (var name in ThreeProviders.Names) await providers[name].KillAsync();
        Assert.Contains("Did not take it, and get it from the spool when they are back: neon, supabase, railway.", (await here.RunAsync("freeze", "on")).Done().Out, StringComparison.Ordinal);
        (await here.RunAsync("remember", "frozen", "--session", "s")).Ended(4);
        foreach (var name in ThreeProviders.Names) await providers[name].StartAgainAsync();
        using var there = here.OtherMachine();
        await using var sender = await here.OpenAsync();
        await using var memory = await there.OpenAsync();
        await Wait.UntilAsync(() => IsFrozenAsync(memory), "the other machine is frozen");
    }

    [Fact]
    public async Task a_damaged_local_file_keeps_nobody_from_freezing()
    {
        using var home = await providers.NewAsync();
        home.Holdfast.Write("memory.db", new string('x', 10_000));
        await providers["railway"].KillAsync();
        var answer = (await home.RunAsync("freeze", "on", "--json")).Result;
        Assert.Equal((2, 1, false), (answer.GetProperty("told").GetArrayLength(), answer.GetProperty("not_told").GetArrayLength(), answer.GetProperty("is_spooled").GetBoolean()));
        Assert.True(File.Exists(home.Holdfast.PathOf("control.json")));
    }

    private static async Task<bool> IsFrozenAsync(AgentMemory memory)
    {
        try
        {
            await (await memory.OpenSessionAsync("probe")).AppendUserAsync("hello");
            return false;
        }
        catch (WritesFrozenException)
        {
            return true;
        }
    }
}
