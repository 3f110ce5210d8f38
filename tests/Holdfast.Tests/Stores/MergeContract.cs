using Holdfast.Rows;
using Holdfast.Stores;
using Xunit;

namespace Holdfast.Tests.Stores;

/// <summary>The contract of append rows: the first stamp wins, and who loses is kept.</summary>
public abstract class MergeContract(Place place) : StoreTest(place)
{
    [Fact]
    public async Task a_new_row_is_inserted_and_reads_back_the_same()
    {
        var row = Rows.Message("hello");
        Assert.Equal(new MergeResult(MergeOutcome.Inserted), Assert.Single(await MergeAsync(row)));
        await AssertStoredAsync(row);
    }

    [Fact]
    public async Task no_rows_are_no_work() => Assert.Empty(await MergeAsync());

    [Fact]
    public async Task a_retry_of_the_same_row_says_already_stored_alone_and_in_a_batch()
    {
        var row = Rows.Message("hello");
        await MergeAsync(row);
        Assert.Equal(MergeOutcome.AlreadyStored, (await MergeAsync(row))[0].Outcome);
        var results = await MergeAsync(Rows.Message("new"), row);
        Assert.Equal([MergeOutcome.Inserted, MergeOutcome.AlreadyStored], results.Select(result => result.Outcome));
        Assert.Equal(2, (await ReadAllAsync(Tables.SessionMemories)).Count);
    }

    [Fact]
    public async Task the_same_key_with_the_same_content_later_is_already_stored_and_the_first_stamp_stays()
    {
        var first = Rows.Message("hello", "k");
        await MergeAsync(first);
        var later = Rows.Message("hello", "k");
        Assert.Equal(first.Id, later.Id);
        Assert.Equal(MergeOutcome.AlreadyStored, (await MergeAsync(later))[0].Outcome);
        await AssertStoredAsync(first);
        Assert.Empty(await ReadAllAsync(Tables.Conflicts));
    }

    [Fact]
    public async Task another_content_under_a_key_is_a_conflict_and_the_arriving_loser_is_kept()
    {
        var first = Rows.Message("one", "k");
        await MergeAsync(first);
        var loser = Rows.Message("two", "k", user: "bob");
        Assert.Equal(MergeOutcome.KeyConflict, (await MergeAsync(loser))[0].Outcome);
        await AssertStoredAsync(first);
        AssertConflict(loser, Assert.Single(await ReadAllAsync(Tables.Conflicts)));
    }

    [Fact]
    public async Task a_lower_stamp_replaces_the_row_and_the_displaced_loser_is_kept()
    {
        var lower = Rows.Message("one", "k");
        var higher = Rows.Message("two", "k");
        await MergeAsync(higher);
        Assert.Equal(MergeOutcome.KeyConflict, (await MergeAsync(lower))[0].Outcome);
        await AssertStoredAsync(lower);
        AssertConflict(higher, Assert.Single(await ReadAllAsync(Tables.Conflicts)));
    }

    private static void AssertConflict(Row loser, Row conflict)
    {
        Assert.Equal(RowId.OfConflict(loser.Table.Name, loser.Id, loser.Stamp), conflict.Id);
        Assert.Equal((loser.Stamp, loser.UserId, loser.SessionId, loser.OccurredAt), (conflict.Stamp, conflict.UserId, conflict.SessionId, conflict.OccurredAt));
        Assert.Equal((loser.Table.Name, loser.Id), (conflict.Text("target_table"), (Guid)conflict["target_id"]!));
        Assert.Contains(loser.Text("content")!, conflict.Text("content"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_conflict_that_is_met_again_is_kept_once()
    {
        var (first, loser) = (Rows.Message("one", "k"), Rows.Message("two", "k"));
        await MergeAsync(first);
        await MergeAsync(loser);
        await MergeAsync(loser);
        await MergeAsync(loser, Rows.Message("other"));
        Assert.Single(await ReadAllAsync(Tables.Conflicts));
    }

    [Fact]
    public async Task a_lower_stamp_with_the_same_content_replaces_without_a_conflict()
    {
        var (lower, higher) = (Rows.Message("same", "k"), Rows.Message("same", "k"));
        await MergeAsync(higher);
        Assert.Equal(MergeOutcome.AlreadyStored, (await MergeAsync(lower))[0].Outcome);
        await AssertStoredAsync(lower);
        Assert.Empty(await ReadAllAsync(Tables.Conflicts));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task two_rows_of_one_id_in_a_batch_end_with_the_lower_stamp(bool higherFirst)
    {
        var (lower, higher) = (Rows.Message("one", "k"), Rows.Message("two", "k"));
        var results = await (higherFirst ? MergeAsync(higher, lower) : MergeAsync(lower, higher));
        var (ofLower, ofHigher) = higherFirst ? (results[1], results[0]) : (results[0], results[1]);
        Assert.Equal(MergeOutcome.Inserted, ofLower.Outcome);
        Assert.Equal(MergeOutcome.KeyConflict, ofHigher.Outcome);
        await AssertStoredAsync(lower);
        AssertConflict(higher, Assert.Single(await ReadAllAsync(Tables.Conflicts)));
    }

    [Fact]
    public async Task tenants_never_meet_even_under_one_key_and_id()
    {
        var mine = Rows.Message("mine");
        var theirs = mine with { TenantId = Rows.TenantId + "-other", Values = Rows.Message("theirs").Values };
        Assert.All(await MergeAsync(mine, theirs), result => Assert.Equal(MergeOutcome.Inserted, result.Outcome));
        await AssertStoredAsync(mine);
        await AssertStoredAsync(theirs);
    }

    public static TheoryData<string> AppendTables => [.. Tables.Appends.Select(table => table.Name)];

    [Theory]
    [MemberData(nameof(AppendTables))]
    public async Task every_append_table_stores_and_reads_back_a_full_row(string name)
    {
        var (alone, beside) = (Rows.Full(Tables.Get(name)), Rows.Full(Tables.Get(name)) with { Id = Rows.Clock.Next().Value });
        await MergeAsync(alone);
        await MergeAsync(beside, Rows.Message("beside it"));
        await AssertStoredAsync(alone);
        await AssertStoredAsync(beside);
    }

    public static TheoryData<string> ConflictTables => [.. Tables.Appends.Where(table => table != Tables.Conflicts).Select(table => table.Name)];

    [Theory]
    [MemberData(nameof(ConflictTables))]
    public async Task a_lost_row_of_every_table_is_kept_with_the_same_bytes_everywhere(string name)
    {
        var winner = Rows.Full(Tables.Get(name));
        var loser = winner with { Stamp = Rows.Clock.Next(), UserId = "someone else" };
        await MergeAsync(winner);
        Assert.Equal(MergeOutcome.KeyConflict, (await MergeAsync(loser))[0].Outcome);
        var expected = Holdfast.Stores.Sqlite.LostRow.Of(loser, MergeRules.All);
        Assert.Equal(RowText.Of(expected), RowText.Of((await ReadAsync(expected))!));
    }
}
