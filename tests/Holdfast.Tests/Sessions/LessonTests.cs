using System.Globalization;
using System.Text.Json;
using Holdfast.Rows;
using Holdfast.Tests.Rows;
using Holdfast.Tests.Stores;
using Microsoft.Extensions.AI;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Sessions;

/// <summary>What the older systems got wrong about saving and loading, each as the behaviour that is shown instead.</summary>
public sealed class LessonTests
{
    public static TheoryData<Place> Engines => [Place.LocalFile, Place.Postgres];

    // Lesson 3: loading a session never worked on the real database, and nobody had tried.
    [Theory]
    [MemberData(nameof(Engines))]
    public async Task a_session_that_was_saved_loads_with_its_order_times_and_metadata_and_can_be_deleted(Place place)
    {
        var options = await TestPlaces.OptionsAsync(place);
        var times = Enumerable.Range(0, 10).Select(i => new DateTimeOffset(2025, 1, 10 - i, 12, 0, 0, TimeSpan.Zero).AddTicks(1_230)).ToList();
        await using (var saving = await AgentMemory.OpenAsync(options))
        {
            var session = await saving.StartSessionAsync("ann", "trip", JsonElement.Parse("""{"channel":"telegram"}"""));
            foreach (var time in times)
                await session.AppendUserAsync(time.ToString("O", CultureInfo.InvariantCulture), new() { OccurredAt = time, Metadata = JsonElement.Parse("""{"chat":7}""") });
        }
        await using var loading = await AgentMemory.OpenAsync(options);
        var info = await loading.ListSessionsAsync("ann").SingleAsync();
        var loaded = await (await loading.ResumeSessionAsync(info.Id))!.LoadAsync();
        Assert.Equal(("trip", """{"channel":"telegram"}"""), (info.Title, info.Metadata!.Value.GetRawText()));
        // In the order of saying, not of the times that they name: those run backwards here.
        Assert.Equal(times, loaded.Select(memory => memory.OccurredAt));
        Assert.All(loaded, memory => Assert.Equal(("""{"chat":7}""", memory.OccurredAt.ToString("O", CultureInfo.InvariantCulture)), (memory.MetadataJson, memory.Text)));
        await loading.DeleteSessionAsync(info.Id);
        Assert.Empty(await loading.ListSessionsAsync("ann").ToListAsync());
    }

    // Lesson 5: saving again doubled every message, in 2 + N transactions.
    [Theory]
    [MemberData(nameof(Engines))]
    public async Task saving_a_conversation_again_adds_nothing_and_says_so(Place place)
    {
        await using var target = await InputTarget.OpenAsync(place);
        async Task<List<AppendOutcome>> SaveAsync()
        {
            var receipts = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => target.Session.AppendUserAsync($"{i}", new() { Key = $"{i}" })));
            return [.. receipts.Select(receipt => receipt.Outcome)];
        }
        Assert.All(await SaveAsync(), outcome => Assert.Equal(AppendOutcome.Stored, outcome));
        var rows = await target.CountRowsAsync();
        Assert.All(await SaveAsync(), outcome => Assert.Equal(AppendOutcome.AlreadyStored, outcome));
        Assert.Equal(rows, await target.CountRowsAsync());
        Assert.Equal(50, (await target.Session.LoadAsync()).Count);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task a_change_made_from_an_old_revision_is_a_conflict_and_overwrites_nothing(Place place)
    {
        await using var target = await InputTarget.OpenAsync(place);
        var old = (await target.Session.GetInfoAsync())!.Revision;
        await target.Session.UpdateAsync("mine");
        await Assert.ThrowsAsync<RevisionConflictException>(() => target.Session.UpdateAsync("yours", expectedRevision: old));
        Assert.Equal("mine", (await target.Session.GetInfoAsync())!.Title);
    }

    // Lesson 7: the memory types of code, DDL, documents and scripts all differed.
    [Theory]
    [MemberData(nameof(Engines))]
    public async Task every_memory_type_of_the_program_is_stored_and_an_unknown_one_is_refused_before_the_store_is_asked(Place place)
    {
        await using var target = await InputTarget.OpenAsync(place);
        foreach (var type in Enum.GetValues<MemoryType>()) await target.Session.RecordAsync(type, "x");
        Assert.Equal(Enum.GetValues<MemoryType>(), (await target.Session.LoadAsync()).Select(memory => memory.Type));
        var calls = target.Calls;
        await Assert.ThrowsAsync<InvalidInputException>(() => target.Session.RecordAsync((MemoryType)11, "x"));
        Assert.Equal(calls, target.Calls);
    }

    // Lesson 9: "permission denied" was read as "no memory", and the empty state was written back.
    [Fact]
    public async Task a_store_that_denies_a_read_throws_and_nothing_derived_from_it_is_written()
    {
        var schema = await TestPlaces.NewSchemaAsync(Place.Postgres);
        var connection = new NpgsqlConnectionStringBuilder(await TestServer.ConnectionAsync(Place.Postgres));
        var role = TestPlaces.Unique("role");
        await TestPlaces.RunAsync(Place.Postgres, $"""
            create role {role} login;
            grant usage on schema {schema} to {role};
            grant select, insert, update on all tables in schema {schema} to {role};
            """);
        var options = new HoldfastOptions { Connection = new NpgsqlConnectionStringBuilder(connection.ConnectionString) { Username = role }.ConnectionString, Schema = schema };
        await using var memory = await AgentMemory.OpenAsync(options);
        var session = await memory.OpenSessionAsync("s", "ann");
        await session.UpdateAsync("kept");
        await TestPlaces.RunAsync(Place.Postgres, $"revoke select on {schema}.sessions, {schema}.session_memories, {schema}.settings from {role}");

        foreach (var read in (Func<Task>[])[() => session.LoadAsync(), () => memory.ResumeSessionAsync("s"), () => memory.ListSessionsAsync().ToListAsync().AsTask(), () => memory.RecallAsync("kept"), () => memory.Settings.GetAsync("c", "n"), () => session.UpdateAsync(metadata: JsonElement.Parse("{}"))])
            Assert.Contains("privilege", (await Assert.ThrowsAsync<StoreUnavailableException>(read)).Message, StringComparison.Ordinal);

        await TestPlaces.RunAsync(Place.Postgres, $"grant select on all tables in schema {schema} to {role}");
        Assert.Equal("kept", (await session.GetInfoAsync())!.Title);
    }

    [Fact]
    public async Task a_server_without_the_schema_says_what_to_run()
    {
        var options = new HoldfastOptions { Connection = await TestServer.ConnectionAsync(Place.Postgres), Schema = "nobody_made_it" };
        var error = await Assert.ThrowsAsync<SchemaException>(() => AgentMemory.OpenAsync(options));
        Assert.Contains("holdfast schema migrate", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_server_that_is_not_there_is_unavailable_and_not_empty()
    {
        var options = new HoldfastOptions { Connection = $"Host=127.0.0.1;Port={TestServers.Ports.Free()};Username=x;Password=sesame;Database=y" };
        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => AgentMemory.OpenAsync(options));
        Assert.DoesNotContain("sesame", error.ToString(), StringComparison.Ordinal);
    }

    // Lesson 25: naive local times, lost on load; order by time.
    [Theory]
    [MemberData(nameof(Engines))]
    public async Task times_are_instants_from_any_zone_across_a_change_of_clocks_and_order_does_not_depend_on_them(Place place)
    {
        await using var target = await InputTarget.OpenAsync(place);
        // Berlin, 26 October 2025: 02:30 comes twice.
        DateTimeOffset[] times = [new(2025, 10, 26, 2, 30, 0, TimeSpan.FromHours(1)), new(2025, 10, 26, 2, 30, 0, TimeSpan.FromHours(2)), new(2025, 10, 25, 17, 30, 0, TimeSpan.FromHours(-7))];
        foreach (var time in times) await target.Session.AppendAsync(new ChatMessage(ChatRole.User, "x") { CreatedAt = time });
        var loaded = await target.Session.LoadAsync();
        Assert.Equal(times, loaded.Select(memory => memory.OccurredAt));
        Assert.All(loaded, memory => Assert.Equal(TimeSpan.Zero, memory.OccurredAt.Offset));
        Assert.Equal(times.Select(time => time.Offset), loaded.Select(memory => memory.ToChatMessage().CreatedAt!.Value.Offset));
    }

    [Fact]
    public async Task a_message_without_a_time_has_the_injected_clocks_time()
    {
        var time = new ManualTime { Now = new DateTimeOffset(2031, 5, 6, 7, 8, 9, TimeSpan.Zero) };
        var options = await TestPlaces.OptionsAsync(Place.LocalFile);
        options.TimeProvider = time;
        await using var memory = await AgentMemory.OpenAsync(options);
        var session = await memory.OpenSessionAsync("s");
        await session.AppendUserAsync("x");
        Assert.Equal(time.Now, (await session.LoadAsync())[0].OccurredAt);
    }
}
