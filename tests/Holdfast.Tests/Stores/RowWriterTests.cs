using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Tests.Stores;

public sealed class RowWriterTests
{
    private static readonly TestRows Rows = new("tenant");

    private static Row[] Messages(int count) => [.. Enumerable.Range(0, count).Select(i => Rows.Message($"{i}"))];

    /// <summary>Lets the first batch in and holds it there until the test opens the gate.</summary>
    private static async Task<(Task<MergeResult> First, Row Row)> HoldFirstAsync(RowWriter writer, MemoryStore store)
    {
        store.Close();
        var row = Rows.Message("first");
        var first = writer.WriteAsync(row, CancellationToken.None);
        await Wait.UntilAsync(() => store.Batches.Count == 1, "the first batch is in flight");
        return (first, row);
    }

    [Fact]
    public async Task a_lone_caller_goes_at_once_in_a_batch_of_its_own()
    {
        var store = new MemoryStore();
        await using var writer = new RowWriter(store);
        foreach (var row in Messages(5)) Assert.Equal(MergeOutcome.Inserted, (await writer.WriteAsync(row, CancellationToken.None)).Outcome);
        Assert.Equal([1, 1, 1, 1, 1], store.Batches.Select(batch => batch.Count));
    }

    [Fact]
    public async Task callers_that_come_while_a_batch_is_in_flight_share_the_next_one()
    {
        var store = new MemoryStore();
        await using var writer = new RowWriter(store);
        var (first, _) = await HoldFirstAsync(writer, store);
        var crowd = Messages(500).Select(row => writer.WriteAsync(row, CancellationToken.None)).ToList();
        store.Open();
        await Task.WhenAll(crowd.Append(first));
        Assert.Equal([1, 500], store.Batches.Select(batch => batch.Count));
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task sixty_four_callers_on_a_real_store_share_round_trips_and_every_row_is_there(Place place)
    {
        var rows = new TestRows(TestPlaces.Unique("tenant"));
        await using var store = new CountingStore(await TestPlaces.OpenAsync(place));
        var messages = Enumerable.Range(0, 64 * 50).Select(i => rows.Message($"{i}")).ToList();
        await using (var writer = new RowWriter(store))
            await Task.WhenAll(messages.Chunk(50).Select(chunk => Task.Run(async () =>
            {
                foreach (var row in chunk) await writer.WriteAsync(row, CancellationToken.None);
            })));
        Assert.True(store.Merges < messages.Count / 2, $"{messages.Count} rows took {store.Merges} round trips.");
        Assert.Equal(messages.Count, (await store.ReadRowsAsync(Tables.SessionMemories, [.. messages.Select(row => new RowReference(row.TenantId, row.Id, row.Stamp))], CancellationToken.None)).Count);
    }

    [Fact]
    public async Task refused_rows_fail_their_own_callers_and_nobody_else()
    {
        var store = new MemoryStore();
        await using var writer = new RowWriter(store);
        var (first, _) = await HoldFirstAsync(writer, store);
        var messages = Messages(100);
        Row[] bad = [messages[0], messages[37], messages[38], messages[99]];
        store.Refuse = row => bad.Contains(row);
        var results = messages.Select(row => (Row: row, Task: writer.WriteAsync(row, CancellationToken.None))).ToList();
        store.Open();
        await first;
        foreach (var (row, task) in results)
        {
            if (bad.Contains(row)) Assert.Contains(row.Id.ToString(), (await Assert.ThrowsAsync<RowRefusedException>(() => task)).Message, StringComparison.Ordinal);
            else Assert.Equal(MergeOutcome.Inserted, (await task).Outcome);
        }
        Assert.Equal(messages.Except(bad).Select(row => row.Id).Append(store.Batches[0][0].Id).Order(), store.Stored.Select(row => row.Id).Order());
    }

    [Fact]
    public async Task a_check_that_postgresql_has_and_the_catalogue_has_not_fails_only_the_row_that_breaks_it()
    {
        var schema = await TestPlaces.NewSchemaAsync(Place.Postgres);
        await TestPlaces.RunAsync(Place.Postgres, $"alter table {schema}.session_memories add constraint no_swearing check (content::text not like '%damn%')");
        await using var store = await TestPlaces.OpenPostgresAsync(Place.Postgres, schema);
        await using var writer = new RowWriter(store);
        var messages = Enumerable.Range(0, 200).Select(i => Rows.Message(i == 123 ? "damn" : $"{i}")).ToList();
        var tasks = messages.Select(row => writer.WriteAsync(row, CancellationToken.None)).ToList();
        Assert.Contains("no_swearing", (await Assert.ThrowsAsync<RowRefusedException>(() => tasks[123])).Message, StringComparison.Ordinal);
        foreach (var task in tasks.Where((_, i) => i != 123)) Assert.Equal(MergeOutcome.Inserted, (await task).Outcome);
    }

    [Fact]
    public async Task a_caller_who_gives_up_while_waiting_is_not_written_and_the_others_are()
    {
        var store = new MemoryStore();
        await using var writer = new RowWriter(store);
        var (first, firstRow) = await HoldFirstAsync(writer, store);
        using var cancellation = new CancellationTokenSource();
        var messages = Messages(3);
        var tasks = messages.Select((row, i) => writer.WriteAsync(row, i == 1 ? cancellation.Token : CancellationToken.None)).ToList();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tasks[1]);
        store.Open();
        await Task.WhenAll(first, tasks[0], tasks[2]);
        Assert.Equal([firstRow.Id, messages[0].Id, messages[2].Id], store.Stored.Select(row => row.Id));
    }

    [Fact]
    public async Task a_caller_who_gives_up_in_flight_is_released_and_the_neighbours_get_their_answer()
    {
        var store = new MemoryStore();
        await using var writer = new RowWriter(store);
        store.Close();
        using var cancellation = new CancellationTokenSource();
        var task = writer.WriteAsync(Rows.Message("in flight"), cancellation.Token);
        await Wait.UntilAsync(() => store.Batches.Count == 1, "the batch is in flight");
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        store.Open();
        Assert.Equal(MergeOutcome.Inserted, (await writer.WriteAsync(Rows.Message("next"), CancellationToken.None)).Outcome);
        Assert.Equal(2, store.Stored.Count);
    }

    [Fact]
    public async Task a_token_that_has_fired_already_writes_nothing()
    {
        var store = new MemoryStore();
        await using var writer = new RowWriter(store);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writer.WriteAsync(Rows.Message("x"), new CancellationToken(true)));
        await writer.WriteAsync(Rows.Message("y"), CancellationToken.None);
        Assert.Single(store.Stored);
    }

    [Fact]
    public async Task a_full_queue_makes_callers_wait_and_drops_nothing()
    {
        var store = new MemoryStore();
        await using var writer = new RowWriter(store);
        var (first, _) = await HoldFirstAsync(writer, store);
        var inQueue = Messages(RowWriter.QueueRowsMax).Select(row => writer.WriteAsync(row, CancellationToken.None)).ToList();
        using var cancellation = new CancellationTokenSource();
        var beyond = writer.WriteAsync(Rows.Message("beyond"), CancellationToken.None);
        var givesUp = writer.WriteAsync(Rows.Message("gives up"), cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givesUp);
        Assert.False(beyond.IsCompleted);
        store.Open();
        await Task.WhenAll(inQueue.Append(beyond).Append(first));
        Assert.Equal(RowWriter.QueueRowsMax + 2, store.Stored.Count);
        Assert.All(store.Batches, batch => Assert.True(batch.Count <= Batch.RowsMax));
    }

    [Fact]
    public async Task large_rows_close_a_batch_by_their_size()
    {
        var store = new MemoryStore();
        await using var writer = new RowWriter(store);
        var (first, _) = await HoldFirstAsync(writer, store);
        var large = new string('x', RowWriter.BatchBytesMax / 4);
        var tasks = Enumerable.Range(0, 10).Select(i => writer.WriteAsync(Rows.Message(large), CancellationToken.None)).ToList();
        store.Open();
        await Task.WhenAll(tasks.Append(first));
        Assert.All(store.Batches, batch => Assert.InRange(batch.Count, 1, 4));
    }

    [Fact]
    public async Task disposing_writes_what_waits_and_takes_no_more()
    {
        var store = new MemoryStore();
        var writer = new RowWriter(store);
        var (first, _) = await HoldFirstAsync(writer, store);
        var waiting = Messages(100).Select(row => writer.WriteAsync(row, CancellationToken.None)).ToList();
        var disposing = writer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writer.WriteAsync(Rows.Message("late"), CancellationToken.None));
        Assert.False(disposing.IsCompleted);
        store.Open();
        await disposing;
        await Task.WhenAll(waiting.Append(first));
        Assert.Equal(101, store.Stored.Count);
    }

    [Fact]
    public async Task a_store_that_fails_is_reported_to_every_caller_and_the_writer_lives_on()
    {
        var store = new MemoryStore();
        await using var writer = new RowWriter(store);
        var (first, _) = await HoldFirstAsync(writer, store);
        var failure = new StoreUnavailableException("down");
        store.Failure = failure;
        var tasks = Messages(50).Select(row => writer.WriteAsync(row, CancellationToken.None)).ToList();
        store.Open();
        foreach (var task in tasks.Append(first)) Assert.Same(failure, await Assert.ThrowsAsync<StoreUnavailableException>(() => task));
        store.Failure = null;
        Assert.Equal(MergeOutcome.Inserted, (await writer.WriteAsync(Rows.Message("up again"), CancellationToken.None)).Outcome);
    }

    [Fact]
    public async Task a_writer_runs_as_many_batches_at_a_time_as_its_store_takes()
    {
        var store = new MemoryStore { ConcurrentBatchesMax = 2 };
        await using var writer = new RowWriter(store);
        store.Close();
        var tasks = new List<Task>();
        for (var i = 1; i <= 2; i++)
        {
            tasks.Add(writer.WriteAsync(Rows.Message($"{i}"), CancellationToken.None));
            await Wait.UntilAsync(() => store.Batches.Count == i, $"{i} batches are in flight");
        }
        tasks.Add(writer.WriteAsync(Rows.Message("3"), CancellationToken.None));
        store.Open();
        await Task.WhenAll(tasks);
        Assert.Equal(2, store.InFlightMost);
    }
}
