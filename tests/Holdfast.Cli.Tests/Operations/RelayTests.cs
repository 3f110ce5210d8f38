using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

/// <summary>How far the providers are behind each other, as an operator sees it, and what brings them together.</summary>
public sealed class RelayTests(ThreeProviders providers) : IClassFixture<ThreeProviders>
{
    [Fact]
    public async Task what_one_provider_alone_has_is_shown_and_brought_over()
    {
        using var home = await providers.NewAsync();
        Assert.Contains("never ran", (await home.RunAsync("relay", "status")).Ended(10).Out, StringComparison.Ordinal);
        (await home.RunAsync("relay", "run", "--once")).Done();
        Assert.Contains("equal", (await home.RunAsync("relay", "status")).Done().Out, StringComparison.Ordinal);

        // Past the set, as a process on another machine leaves it that died before it could pass its rows on.
        (await home.RunAsync("remember", "left behind", "--session", "s", "--provider", "supabase")).Done();
        var behind = (await home.RunAsync("relay", "status", "--json")).Ended(10).Envelope.GetProperty("result");
        Assert.Contains(behind.EnumerateArray(), link => link.GetProperty("source").GetString() == "supabase" && link.GetProperty("state").GetString() == "behind" && link.GetProperty("entries_to_read").GetInt64() > 0);
        (await home.RunAsync("relay", "run", "--once")).Done();
        (await home.RunAsync("relay", "status")).Done();
        foreach (var name in ThreeProviders.Names)
            Assert.Contains("left behind", (await home.RunAsync("session", "show", "s", "--provider", name)).Done().Out, StringComparison.Ordinal);
        Assert.Contains("equal: ", (await home.RunAsync("relay", "verify")).Done().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_provider_that_does_not_answer_is_unknown_and_never_equal()
    {
        using var home = await providers.NewAsync();
        (await home.RunAsync("relay", "run", "--once")).Done();
        await providers["railway"].KillAsync();
        var status = (await home.RunAsync("relay", "status", "--json")).Ended(8).Envelope.GetProperty("result");
        Assert.Equal(4, status.EnumerateArray().Count(link => link.GetProperty("state").GetString() == "unknown"));
        Assert.Contains("railway did not answer", (await home.RunAsync("relay", "run", "--once")).Ended(8).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_relay_that_runs_on_its_own_brings_over_what_comes()
    {
        using var home = await providers.NewAsync();
        await using var relay = await home.OpenAsync();
        (await home.RunAsync("remember", "left behind", "--session", "s", "--provider", "railway")).Done();
        await Wait.UntilAsync(async () => (await home.RunAsync("session", "show", "s", "--provider", "neon")).Out.Contains("left behind", StringComparison.Ordinal), "neon has it");
    }

    [Fact]
    public async Task one_provider_alone_has_nobody_to_be_equal_with()
    {
        using var home = await providers.NewAsync();
        (await home.RunAsync("relay", "status", "--provider", "neon")).Ended(2);
        (await home.RunAsync("relay", "run", "--once", "--provider", "neon")).Ended(2);
    }

    [Fact]
    public async Task a_planned_switch_is_waited_for_and_no_caller_notices()
    {
        using var home = await providers.NewAsync();
        await using var memory = await home.OpenAsync();
        var session = await memory.StartSessionAsync();
        using var stop = new CancellationTokenSource();
        var written = 0;
        var writer = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await session.AppendUserAsync($"message {written++}");
                Assert.Equal($"message {written - 1}", (await session.LoadLastAsync(1))[0].Text);
            }
        });
        foreach (var name in (string[])["railway", "supabase"])
        {
            Assert.Contains($"{name} leads in 1 process of this machine", (await home.RunAsync("provider", "use", name, "--wait")).Done().Errors, StringComparison.Ordinal);
            Assert.Equal(name, memory.Providers!.Primary);
        }
        await stop.CancelAsync();
        await writer;
        Assert.Equal(written, (await session.LoadAsync()).Count);
        (await home.RunAsync("provider", "use", "--auto", "--wait")).Ended(2);
    }
}
