using System.Text.Json;
using Holdfast.Tests.Stores;
using Xunit;
using static Holdfast.Tests.Exchange.ExchangeTest;

namespace Holdfast.Tests.Exchange;

public sealed class RoundTripTests
{
    [Theory]
    [InlineData(Place.LocalFile, Place.LocalFile)]
    [InlineData(Place.Postgres, Place.Postgres)]
    [InlineData(Place.LocalFile, Place.Postgres)]
    [InlineData(Place.Postgres, Place.LocalFile)]
    public async Task what_was_exported_imports_into_an_empty_store_and_exports_as_the_same_bytes(Place from, Place to)
    {
        await using var source = await EmptyAsync(from);
        await FillAsync(source);
        var exported = await ExportAsync(source);

        await using var target = await EmptyAsync(to);
        var result = await ImportAsync(target, exported);

        Assert.Equal(0, result.Rejected);
        Assert.Empty(result.IgnoredFields);
        Assert.Equal(exported, await ExportAsync(target));
        Assert.Equal(await DescribeAsync(source), await DescribeAsync(target));
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task importing_an_export_into_the_store_that_it_came_from_adds_nothing_and_says_so(Place place)
    {
        await using var memory = await EmptyAsync(place);
        await FillAsync(memory);
        await ImportAsync(memory, Lines(Message("keyless", "no key, no stamp", "2026-01-02T03:04:05Z"), Message("keyless", "and no time")));
        var before = await ExportAsync(memory);

        var result = await ImportAsync(memory, before);

        Assert.Equal((0, result.Lines, 0, 0), (result.Imported, result.Already, result.KeyConflicts, result.Rejected));
        Assert.Equal(before, await ExportAsync(memory));
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task imported_lines_export_with_the_content_that_they_came_with_in_their_order(Place place)
    {
        await using var memory = await EmptyAsync(place);
        var lines = Enumerable.Range(0, 50).Select(i => Message("order", $"line {i}", $"2026-02-{1 + i / 10:00}T10:00:00.12345{i % 10}Z", $",\"metadata\":{{\"ref\":\"r{i}\"}},\"id\":\"m{i}\"")).ToList();

        await ImportAsync(memory, Lines(lines));
        var exported = (await ExportAsync(memory)).TrimEnd('\n').Split('\n');

        Assert.Equal(50, exported.Length);
        Assert.Equal(lines.Select(Members), exported.Select(Members));

        static string Members(string line)
        {
            var json = JsonElement.Parse(line);
            return string.Join('|', new[] { "user_id", "session_id", "role", "content", "created_at", "metadata", "id" }.Select(name => json.GetProperty(name).GetRawText()));
        }
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task deleted_messages_and_sessions_are_exported_only_on_demand(Place place)
    {
        await using var memory = await EmptyAsync(place);
        var kept = await memory.OpenSessionAsync("kept");
        await kept.AppendUserAsync("stays");
        await kept.DeleteMemoryAsync((await kept.AppendUserAsync("goes")).Id);
        var gone = await memory.OpenSessionAsync("gone");
        await gone.AppendUserAsync("went with its session");
        await gone.DeleteAsync();

        Assert.Equal(2, (await ExportAsync(memory)).Count(c => c == '\n'));
        Assert.Equal(5, (await ExportAsync(memory, new ExportOptions { WithDeleted = true })).Count(c => c == '\n'));
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task an_export_of_one_user_or_session_has_nothing_of_others(Place place)
    {
        await using var memory = await EmptyAsync(place);
        await FillAsync(memory);

        var user = await ExportAsync(memory, new ExportOptions { UserId = "maria" });
        var session = await ExportAsync(memory, new ExportOptions { SessionId = "trip" });

        Assert.All(user.TrimEnd('\n').Split('\n'), line => Assert.StartsWith("{\"user_id\":\"maria\"", line, StringComparison.Ordinal));
        Assert.All(session.TrimEnd('\n').Split('\n'), line => Assert.Contains("\"session_id\":\"trip\"", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task what_was_forgotten_is_not_exported_and_stays_forgotten_when_an_older_export_is_imported(Place place)
    {
        await using var memory = await EmptyAsync(place);
        await FillAsync(memory);
        var before = await ExportAsync(memory);
        await memory.ForgetUserAsync("maria");

        var result = await ImportAsync(memory, before);

        Assert.True(result.Erased > 0);
        Assert.DoesNotContain("maria", await ExportAsync(memory), StringComparison.Ordinal);
    }

    private static async Task FillAsync(AgentMemory memory)
    {
        var trip = await memory.OpenSessionAsync("trip", "maria");
        await trip.UpdateAsync("Lissabon 🇵🇹 / \"Sommer\"", JsonElement.Parse("""{"tags":["a","b"],"n":1.50}"""));
        var at = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.FromHours(2)).AddMicroseconds(123_457);
        await trip.AppendUserAsync("emoji 👩‍👩‍👧‍👦, RTL שלום עולם, tab\t, quote \" and \\ and \u007f", new AppendOptions { Key = "k 1", OccurredAt = at, Author = "Maria", Metadata = JsonElement.Parse("""{ "deep": [ {"x": null} ], "e": 1e400 }""") });
        await trip.AppendAssistantAsync("same", new AppendOptions { OccurredAt = at });
        await trip.AppendAssistantAsync("same", new AppendOptions { OccurredAt = at });
        await trip.AppendUserAsync("", new AppendOptions { OccurredAt = at.AddYears(-90) });
        await trip.RecordAsync(MemoryType.Decision, JsonElement.Parse("""{"text":"by train","cost":[1,2,3]}"""));
        await trip.RecordAsync(MemoryType.SessionMetadata, JsonElement.Parse("""{"title":"a record of the older form"}"""));
        await trip.RecordAsync(MemoryType.Log, JsonElement.Parse("null"));
        var other = await memory.OpenSessionAsync("other/with\\signs", "omar");
        await other.AppendSystemAsync("line\nfeed\r\nand \u0001");
        await other.AppendToolAsync("{\"not\":\"parsed\"}", new AppendOptions { Key = "k 1" });
        await memory.StartSessionAsync("omar", "nothing was said");
    }

    private static async Task<string> DescribeAsync(AgentMemory memory)
    {
        var text = new System.Text.StringBuilder();
        await foreach (var info in memory.ListSessionsAsync())
        {
            text.AppendLine($"{info.Id} {info.UserId} {info.Title} {info.Metadata} {info.Revision} {info.StartedAt:O} {info.ChangedAt:O}");
            foreach (var one in await (await memory.ResumeSessionAsync(info.Id))!.LoadAsync()) text.AppendLine(one.ToString());
        }
        return text.ToString();
    }
}
