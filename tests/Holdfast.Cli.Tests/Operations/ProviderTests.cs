using Holdfast.Cli.Tests.Program;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

public sealed class ProviderTests(ThreeProviders providers) : IClassFixture<ThreeProviders>
{
    [Fact]
    public async Task the_list_tells_role_state_and_cause_of_each()
    {
        using var home = await providers.NewAsync();
        Assert.Matches(@"^PROVIDER +ROLE +STATE .*\nneon +primary +healthy .*\nsupabase +backup +healthy .*\nrailway +backup +healthy ", (await home.RunAsync("provider", "list")).Done().Out);
        await providers["neon"].KillAsync();
        var list = (await home.RunAsync("provider", "list", "--json")).Ended(10).Envelope.GetProperty("result");
        Assert.Equal(("backup", "down", "down", "Connection refused"), (Text(list[0], "role"), Text(list[0], "state"), Text(list[0], "cause"), Text(list[0], "message")));
        Assert.Equal(("primary", "healthy"), (Text(list[1], "role"), Text(list[1], "state")));
    }

    [Fact]
    public async Task one_is_shown_with_its_rungs_and_tables_and_without_secrets()
    {
        using var home = await providers.NewAsync();
        home.Holdfast.With("HOLDFAST_PROVIDER_RAILWAY", $"{home.Of("railway")};Password=planted-s3cret");
        (await home.RunAsync("remember", "hello", "--session", "s")).Done();
        var shown = (await home.RunAsync("provider", "show", "railway")).Done();
        Assert.Contains("server    PostgreSQL 15", shown.Out, StringComparison.Ordinal);
        Assert.Matches(@"\nschema +passed ", shown.Out);
        Assert.Matches(@"\nsession_memories +1 ", shown.Out);
        Assert.DoesNotContain("planted-s3cret", shown.Out + shown.Errors, StringComparison.Ordinal);
        await providers["railway"].KillAsync();
        var down = (await home.RunAsync("provider", "show", "railway")).Ended(8).Out;
        Assert.Contains("server    unknown", down, StringComparison.Ordinal);
        Assert.Matches(@"\ntcp +failed ", down);
        (await home.RunAsync("provider", "show", "heroku")).Ended(6);
    }

    [Fact]
    public async Task a_running_process_follows_use_and_auto()
    {
        using var home = await providers.NewAsync();
        await using var memory = await home.OpenAsync(failover => failover.FailbackAfter = TimeSpan.FromMilliseconds(100));
        Assert.Equal("neon", memory.Providers!.Primary);
        var answer = (await home.RunAsync("provider", "use", "railway")).Done();
        Assert.StartsWith("target: ", answer.Errors, StringComparison.Ordinal);
        await Wait.UntilAsync(() => Task.FromResult(memory.Providers.Primary == "railway"), "railway leads");
        (await home.RunAsync("provider", "use", "--auto")).Done();
        await Wait.UntilAsync(() => Task.FromResult(memory.Providers.Primary == "neon"), "neon leads again");
        await Wait.UntilAsync(async () => (await home.RunAsync("provider", "log", "--json")).Result.GetArrayLength() == 2, "both changes are in the log");
        var log = (await home.RunAsync("provider", "log", "--json")).Result;
        Assert.Equal(("railway", "neon"), (Text(log[0], "from"), Text(log[0], "to")));
        Assert.Equal(("neon", "railway", "use"), (Text(log[1], "from"), Text(log[1], "to"), Text(log[1], "cause")));
        Assert.Equal(1, (await home.RunAsync("provider", "log", "--last", "1", "--json")).Result.GetArrayLength());
    }

    [Fact]
    public async Task the_log_tells_a_failover_with_its_cause_and_times()
    {
        using var home = await providers.NewAsync();
        await using var memory = await home.OpenAsync();
        var session = await memory.StartSessionAsync();
        await providers["neon"].KillAsync();
        await session.AppendUserAsync("hello");
        // Which of the two has all rows by then is not said.
        await Wait.UntilAsync(() => Task.FromResult(memory.Providers!.Primary is "supabase" or "railway"), "another leads");
        await Wait.UntilAsync(async () => (await home.RunAsync("provider", "log", "--json")).Result.GetArrayLength() == 1, "the change is in the log");
        var change = (await home.RunAsync("provider", "log", "--json")).Result[0];
        Assert.Equal(("neon", "down"), (Text(change, "from"), Text(change, "cause")));
        Assert.Contains(Text(change, "to"), ThreeProviders.Names.Skip(1));
        Assert.InRange(change.GetProperty("detection_milliseconds").GetInt64(), 0, 5_000);
        Assert.InRange(change.GetProperty("switch_milliseconds").GetInt64(), 0, 5_000);
    }

    [Fact]
    public async Task the_last_provider_is_drained_only_when_that_is_meant()
    {
        using var home = await providers.NewAsync();
        await using var memory = await home.OpenAsync();
        (await home.RunAsync("provider", "drain", "neon")).Done();
        await Wait.UntilAsync(() => Task.FromResult(memory.Providers!.List()[0].State == "drained" && memory.Providers.Primary == "supabase"), "neon is drained");
        (await home.RunAsync("provider", "drain", "supabase")).Done();
        var refused = (await home.RunAsync("provider", "drain", "railway")).Ended(4);
        Assert.Contains("hint: holdfast provider drain railway --yes", refused.Errors, StringComparison.Ordinal);
        (await home.RunAsync("provider", "drain", "railway", "--yes")).Done();
        Assert.StartsWith("None of 3 providers takes writes: neon is drained", (await home.RunAsync("status")).Ended(8).Out, StringComparison.Ordinal);
        (await home.RunAsync("provider", "use", "neon")).Ended(4);
        (await home.RunAsync("provider", "enable", "neon")).Done();
        await Wait.UntilAsync(() => Task.FromResult(memory.Providers!.Primary == "neon"), "neon leads again");
    }

    [Theory]
    [InlineData("provider", "use")]
    [InlineData("provider", "use", "neon", "--auto")]
    [InlineData("provider", "use", "heroku")]
    [InlineData("provider", "drain", "heroku")]
    [InlineData("provider", "log", "--last", "0")]
    public async Task what_cannot_be_meant_is_a_usage_error_and_decides_nothing(params string[] arguments)
    {
        using var home = await providers.NewAsync();
        (await home.RunAsync(arguments)).Ended(2);
        Assert.False(File.Exists(home.Holdfast.PathOf("control.json")));
    }

    [Fact]
    public async Task without_providers_there_is_nothing_to_decide()
    {
        using var holdfast = new HoldfastProgram();
        (await holdfast.RunAsync("freeze", "on")).Ended(4);
        (await holdfast.RunAsync("provider", "list")).Ended(6);
        (await holdfast.RunAsync("provider", "log")).Done();
    }

    private static string Text(System.Text.Json.JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
