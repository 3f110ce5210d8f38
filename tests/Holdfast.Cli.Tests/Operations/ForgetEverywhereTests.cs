using Xunit;

namespace Holdfast.Cli.Tests.Operations;

public sealed class ForgetEverywhereTests(ThreeProviders providers) : IClassFixture<ThreeProviders>
{
    [Fact]
    public async Task every_store_gives_its_receipt()
    {
        using var home = await providers.NewAsync();
        (await home.RunAsync("remember", "secret", "--session", "s", "--user", "maria")).Done();
        var stores = (await home.RunAsync("forget", "--user", "maria", "--yes", "--json")).Result.GetProperty("stores");
        Assert.Equal(["neon emptied", "supabase emptied", "railway emptied", "local emptied"], stores.EnumerateArray().Select(store => $"{store.GetProperty("store").GetString()} {store.GetProperty("state").GetString()}"));
    }

    [Fact]
    public async Task a_provider_that_is_down_waits_and_the_answer_says_so()
    {
        using var home = await providers.NewAsync();
        (await home.RunAsync("remember", "secret", "--session", "s", "--user", "maria")).Done();
        await providers["supabase"].KillAsync();
        var dry = (await home.RunAsync("forget", "--user", "maria", "--dry-run")).Done();
        Assert.Contains("would wait", dry.Out, StringComparison.Ordinal);
        var answer = (await home.RunAsync("forget", "--user", "maria", "--yes")).Ended(10);
        Assert.Contains("supabase: it has not forgotten yet; it gets the erasure when it returns", answer.Out, StringComparison.Ordinal);
        Assert.Equal(2, answer.Out.Split('\n').Count(line => line.StartsWith("neon      emptied", StringComparison.Ordinal) || line.StartsWith("railway   emptied", StringComparison.Ordinal)));
        await providers["supabase"].StartAgainAsync();
        var result = (await home.RunAsync("forget", "--user", "maria", "--yes", "--json")).Result;
        Assert.True(result.GetProperty("complete").GetBoolean());
    }

    [Fact]
    public async Task nothing_is_forgotten_while_writes_are_frozen()
    {
        using var home = await providers.NewAsync();
        (await home.RunAsync("remember", "secret", "--session", "s", "--user", "maria")).Done();
        (await home.RunAsync("freeze", "on")).Done();
        (await home.RunAsync("forget", "--user", "maria", "--yes")).Ended(4);
        Assert.Equal(1, (await home.RunAsync("recall", "secret", "--json")).Result.GetArrayLength());
        (await home.RunAsync("freeze", "off")).Done();
    }
}
