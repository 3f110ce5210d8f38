using Holdfast.Rows;
using Holdfast.Stores;
using Xunit;

namespace Holdfast.Tests.Stores;

/// <summary>The contract of batches: all or none, of any order, from any number of writers.</summary>
public abstract class BatchContract(Place place) : RegisterContract(place)
{
    [Fact]
    public async Task five_thousand_rows_go_in_as_one_batch_and_again_as_none()
    {
        var rows = Enumerable.Range(0, Batch.RowsMax).Select(i => Rows.Message($"message {i}", i % 2 == 0 ? $"k{i}" : null)).ToArray();
        Assert.All(await MergeAsync(rows), result => Assert.Equal(MergeOutcome.Inserted, result.Outcome));
        Assert.All(await MergeAsync(rows), result => Assert.Equal(MergeOutcome.AlreadyStored, result.Outcome));
        var stored = await ReadAllAsync(Tables.SessionMemories);
        Assert.Equal(rows.Select(RowText.Of).Order(StringComparer.Ordinal), stored.Select(RowText.Of).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task a_batch_with_a_row_that_the_store_refuses_leaves_nothing_behind()
    {
        var good = Rows.Message("good");
        var bad = Rows.Message("bad") with { Values = ["no_such_type", null, "\"x\"", null] };
        var error = await Assert.ThrowsAsync<RowRefusedException>(() => MergeAsync(good, Rows.Revision("a", "1"), bad));
        Assert.Contains("session_memories_memory_type_check", error.Message, StringComparison.Ordinal);
        Assert.Null(await ReadAsync(good));
        Assert.Null(await SettingAsync("a"));
        // The connection goes on as if nothing had been.
        await MergeAsync(good);
        await AssertStoredAsync(good);
    }

    [Fact]
    public async Task a_batch_of_every_table_goes_in_whatever_its_order()
    {
        var rows = Tables.Appends.Where(table => table != Tables.Erasures).Select(Rows.Full).Append(Rows.Revision("a", "1")).Reverse().ToArray();
        Assert.All(await MergeAsync(rows), result => Assert.Equal(MergeOutcome.Inserted, result.Outcome));
        foreach (var row in rows) await AssertStoredAsync(row);
    }

    [Fact]
    public async Task twelve_writers_of_the_same_keys_end_with_the_lowest_stamps_and_no_error()
    {
        const int Writers = 12, Keys = 60, Batches = 6;
        var written = Enumerable.Range(0, Writers).Select(writer => Enumerable.Range(0, Batches).Select(batch => Enumerable.Range(0, Keys)
            .Select(key => Rows.Message($"writer {writer} batch {batch}", $"k{key}"))
            .Append(Rows.Revision("shared", $"{writer}")).ToArray()).ToArray()).ToArray();
        foreach (var batch in written.SelectMany(batches => batches)) Random.Shared.Shuffle(batch);
        await Task.WhenAll(written.Select(batches => Task.Run(async () =>
        {
            foreach (var batch in batches) await MergeAsync(batch);
        })));

        var all = written.SelectMany(batches => batches).SelectMany(batch => batch).ToList();
        var winners = all.Where(row => row.Table == Tables.SessionMemories).GroupBy(row => row.Id).Select(group => group.MinBy(row => row.Stamp)!);
        Assert.Equal(winners.Select(RowText.Of).Order(StringComparer.Ordinal),
            (await ReadAllAsync(Tables.SessionMemories)).Select(RowText.Of).Order(StringComparer.Ordinal));
        Assert.Equal(all.Where(row => row.Table == Tables.Revisions).Max(row => row.Stamp), (await SettingAsync("shared"))!.Revision);
    }
}
