using System.Text.Json;
using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

/// <summary>One dead server of three hides nothing of the other two, and is never taken for one that was read.</summary>
public sealed class SchemaUnreachableTests(ThreeProviders providers) : IClassFixture<ThreeProviders>
{
    private const string Dead = "postgres://maria:planted-s3cret@127.0.0.1:1/memory?sslmode=disable";

    private static IEnumerable<JsonElement> Items(JsonElement result) => (result.ValueKind == JsonValueKind.Array ? result : result.GetProperty("providers")).EnumerateArray();

    [Theory]
    [InlineData("history", "rows")]
    [InlineData("plan", "pending")]
    [InlineData("fingerprint", "fingerprint")]
    public async Task the_others_are_told_and_it_is_named_with_its_reason(string command, string member)
    {
        using var home = await providers.NewAsync();
        Assert.All(Items((await home.RunAsync("schema", command, "--json")).Result), item => Assert.False(item.TryGetProperty("problem", out _)));
        home.Holdfast.With("HOLDFAST_PROVIDER_SUPABASE", Dead);

        var items = Items((await home.RunAsync("schema", command, "--json")).ResultWith(8)).ToDictionary(item => item.GetProperty("provider").GetString()!);
        Assert.Equal(ThreeProviders.Names.Order(), items.Keys.Order());
        Assert.Contains("Connection refused", items["supabase"].GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.False(items["supabase"].TryGetProperty(member, out _));
        foreach (var name in (string[])["neon", "railway"])
        {
            Assert.True(items[name].TryGetProperty(member, out _), name);
            Assert.False(items[name].TryGetProperty("problem", out _), name);
        }

        var text = (await home.RunAsync("schema", command)).Ended(8);
        var line = Assert.Single(text.Out.Split('\n'), line => line.StartsWith("supabase", StringComparison.Ordinal));
        Assert.Contains("not read: ", line, StringComparison.Ordinal);
        Assert.Contains("neon", text.Out, StringComparison.Ordinal);
        Assert.Contains("error: supabase: ", text.Errors, StringComparison.Ordinal);
        Assert.Contains("hint: holdfast provider test supabase", text.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("planted-s3cret", text.Out + text.Errors, StringComparison.Ordinal);
        (await home.RunAsync("schema", command, "--provider", "supabase")).Ended(8);
    }

    [Fact]
    public async Task where_none_answers_all_are_named()
    {
        using var holdfast = new HoldfastProgram().With("DATABASE_FAILOVER_ORDER", "main,second").With("HOLDFAST_PROVIDER_MAIN", Dead).With("HOLDFAST_PROVIDER_SECOND", Dead);
        foreach (var command in (string[])["history", "plan", "fingerprint"])
        {
            var answer = (await holdfast.RunAsync("schema", command, "--json")).Ended(8);
            Assert.Equal("unreachable", answer.Envelope.GetProperty("error").GetProperty("code").GetString());
            Assert.Contains("main: ", answer.Errors, StringComparison.Ordinal);
            Assert.Contains("second: ", answer.Errors, StringComparison.Ordinal);
        }
    }
}
