using System.Text.Json;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

public sealed class RelayConflictsTests(ThreeProviders providers) : IClassFixture<ThreeProviders>
{
    [Fact]
    public async Task a_value_that_two_sides_changed_is_listed_with_both_contents_and_one_is_kept()
    {
        using var home = await SplitAsync();
        var conflict = Assert.Single((await home.RunAsync("relay", "conflicts", "list", "--json")).Result.GetProperty("open").EnumerateArray());
        Assert.Equal(("settings", "llm/model"), (conflict.GetProperty("register").GetString(), conflict.GetProperty("key").GetString()));
        var sides = conflict.GetProperty("revisions");
        Assert.Equal([("small", false), ("large", true)], sides.EnumerateArray().Select(side => (ValueOf(side), side.GetProperty("is_current").GetBoolean())));
        var small = sides[0].GetProperty("id").GetString()!;
        var shown = (await home.RunAsync("relay", "conflicts", "show", small)).Done().Out;
        Assert.Matches("(?s)medium.*side.*small.*stands.*large", shown);

        var dry = (await home.RunAsync("relay", "conflicts", "keep", small, "--dry-run")).Done();
        Assert.Contains("would become", dry.Out, StringComparison.Ordinal);
        Assert.Equal("large", await ModelAsync(home));
        Assert.StartsWith("target: ", (await home.RunAsync("relay", "conflicts", "keep", small)).Done().Errors, StringComparison.Ordinal);
        Assert.Equal("small", await ModelAsync(home));
        Assert.Contains("no conflict", (await home.RunAsync("relay", "conflicts", "list")).Done().Errors, StringComparison.Ordinal);
        (await home.RunAsync("relay", "conflicts", "keep", small)).Ended(6);
        (await home.RunAsync("relay", "verify", "--deep", "--patience", "30")).Done();
    }

    [Fact]
    public async Task both_are_merged_by_hand()
    {
        using var home = await SplitAsync();
        var side = Assert.Single((await home.RunAsync("relay", "conflicts", "list", "--json")).Result.GetProperty("open").EnumerateArray()).GetProperty("revisions")[1].GetProperty("id").GetString()!;
        (await home.RunAsync("relay", "conflicts", "merge", side, "\"text\"")).Ended(2);
        (await home.RunAsync("relay", "conflicts", "merge", side, """{"category":"llm","name":"model","value":"small, then large"}""")).Done();
        Assert.Equal("small, then large", await ModelAsync(home));
        Assert.Empty((await home.RunAsync("relay", "conflicts", "list", "--json")).Result.GetProperty("open").EnumerateArray());
    }

    [Fact]
    public async Task an_ordinary_change_settles_nothing_and_a_side_that_comes_later_opens_it_again()
    {
        using var home = await SplitAsync(repair: false);
        (await home.RunAsync("relay", "repair", "neon", "supabase", "--patience", "0")).Done();
        (await home.RunAsync("setting", "set", "llm", "model", "huge", "--provider", "neon")).Done();
        var open = Assert.Single((await home.RunAsync("relay", "conflicts", "list", "--provider", "neon", "--json")).Result.GetProperty("open").EnumerateArray());
        (await home.RunAsync("relay", "conflicts", "keep", open.GetProperty("revisions")[0].GetProperty("id").GetString()!, "--provider", "neon")).Done();
        Assert.Contains("no conflict", (await home.RunAsync("relay", "conflicts", "list", "--provider", "neon")).Done().Errors, StringComparison.Ordinal);
        (await home.RunAsync("setting", "set", "llm", "model", "tiny", "--provider", "railway")).Done();
        (await home.RunAsync("relay", "repair", "--patience", "0")).Done();
        var again = Assert.Single((await home.RunAsync("relay", "conflicts", "list", "--json")).Result.GetProperty("open").EnumerateArray());
        Assert.Equal(["small", "large", "tiny"], again.GetProperty("revisions").EnumerateArray().Select(ValueOf));
    }

    [Fact]
    public async Task a_row_that_lost_its_key_is_listed_and_cannot_be_kept()
    {
        using var home = await providers.NewAsync();
        (await home.RunAsync("remember", "first", "--session", "s", "--key", "k", "--provider", "neon")).Done();
        (await home.RunAsync("remember", "second", "--session", "s", "--key", "k", "--provider", "supabase")).Done();
        (await home.RunAsync("relay", "repair", "--patience", "0")).Done();
        var lost = Assert.Single((await home.RunAsync("relay", "conflicts", "list", "--json")).Result.GetProperty("lost").EnumerateArray());
        Assert.Equal("second", lost.GetProperty("content").GetProperty("content").GetString());
        (await home.RunAsync("relay", "conflicts", "keep", lost.GetProperty("id").GetString()!)).Ended(4);
        (await home.RunAsync("relay", "conflicts", "keep", "01900000-0000-7000-8000-000000000000")).Ended(6);
    }

    // Two sides that do not see each other: each changes the value that both have.
    private async Task<ProviderHome> SplitAsync(bool repair = true)
    {
        var home = await providers.NewAsync();
        (await home.RunAsync("setting", "set", "llm", "model", "medium")).Done();
        (await home.RunAsync("relay", "verify", "--patience", "30")).Done();
        (await home.RunAsync("setting", "set", "llm", "model", "small", "--provider", "neon")).Done();
        (await home.RunAsync("setting", "set", "llm", "model", "large", "--provider", "supabase")).Done();
        if (repair) (await home.RunAsync("relay", "repair", "--patience", "0")).Done();
        return home;
    }

    private static async Task<string?> ModelAsync(ProviderHome home) => (await home.RunAsync("setting", "get", "llm", "model", "--json")).Result.GetProperty("value").GetString();

    private static string? ValueOf(JsonElement revision) => revision.GetProperty("content").GetProperty("value").GetString();
}
