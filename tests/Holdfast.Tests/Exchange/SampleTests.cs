using Holdfast.Tests.Stores;
using Xunit;
using static Holdfast.Tests.Exchange.ExchangeTest;

namespace Holdfast.Tests.Exchange;

public sealed class SampleTests
{
    [Fact]
    public async Task the_sample_conversation_imports_without_a_reject_or_an_unknown_member()
    {
        await using var memory = await EmptyAsync(Place.LocalFile);

        var result = await ImportAsync(memory, await File.ReadAllBytesAsync(Sample()));

        Assert.Equal((0, result.Lines, 0), (result.Rejected, result.Imported, result.IgnoredFields.Count));
        Assert.Equal("Five days in Lisbon", (await memory.GetSessionInfoAsync("trip-to-lisbon"))!.Title);
        Assert.Single(await (await memory.OpenSessionAsync("trip-to-lisbon")).LoadAsync(), one => one.Type == MemoryType.Decision);
        Assert.Equal("lis-10", (await memory.RecallAsync("oat milk at breakfast", countMax: 1))[0].Memory.Key);
    }

    private static string Sample([System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "samples", "conversation.jsonl");
}
