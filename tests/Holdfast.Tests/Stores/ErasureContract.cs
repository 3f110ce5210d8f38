using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Tests.Stores;

/// <summary>The contract of erasures: what they cover stands empty, whenever it comes.</summary>
public abstract class ErasureContract(Place place) : MergeContract(place)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_row_that_an_erasure_covers_is_stored_empty_and_says_so(bool alone)
    {
        var row = Rows.Message("secret", "k");
        await MergeAsync(Rows.Erasure(Rows.Clock.Next(), user: "ann"));
        var results = alone ? await MergeAsync(row) : await MergeAsync(row, Rows.Message("bob's", user: "bob"));
        Assert.Equal(new MergeResult(MergeOutcome.Inserted, Erased: true), results[0]);
        await AssertStoredAsync(row.Emptied());
    }

    [Fact]
    public async Task an_erasure_empties_what_is_there_of_its_user_through_its_stamp_and_no_more()
    {
        var (before, other, conflicting) = (Rows.Message("secret", "k"), Rows.Message("bob's", user: "bob"), Rows.Message("another secret", "k"));
        await MergeAsync(before, other);
        await MergeAsync(conflicting);
        var through = Rows.Clock.Next();
        var after = Rows.Message("new life");
        await MergeAsync(after);
        await MergeAsync(Rows.Erasure(through, user: "ann"));
        await AssertStoredAsync(before.Emptied());
        await AssertStoredAsync(other);
        await AssertStoredAsync(after);
        Assert.Null(Assert.Single(await ReadAllAsync(Tables.Conflicts)).Text("content"));
    }

    [Fact]
    public async Task an_erasure_of_a_session_empties_that_session()
    {
        var (gone, stays) = (Rows.Message("a", session: "s1"), Rows.Message("b", session: "s2"));
        await MergeAsync(gone, stays);
        await MergeAsync(Rows.Erasure(Rows.Clock.Next(), session: "s1"));
        await AssertStoredAsync(gone.Emptied());
        await AssertStoredAsync(stays);
    }

    [Fact]
    public async Task an_erasure_and_what_it_covers_may_come_in_one_batch()
    {
        var row = Rows.Message("secret");
        var erasure = Rows.Erasure(Rows.Clock.Next(), user: "ann");
        var results = await MergeAsync(row, erasure);
        Assert.True(results[0].Erased);
        await AssertStoredAsync(row.Emptied());
    }

    [Fact]
    public async Task an_erasure_empties_the_register_and_its_revisions()
    {
        var revision = Rows.Revision("name", "1") with { UserId = "ann" };
        await MergeAsync(revision);
        await MergeAsync(Rows.Erasure(Rows.Clock.Next(), user: "ann"));
        Assert.Null((await SettingAsync("name"))!.Content);
        await AssertStoredAsync(revision.Emptied());
    }

    [Fact]
    public async Task a_sweep_of_what_is_swept_changes_nothing()
    {
        var row = Rows.Message("stays", user: "bob");
        await MergeAsync(row, Rows.Erasure(Rows.Clock.Next(), user: "ann"));
        await Wait.UntilAsync(() => Store.SweepErasuresAsync(CancellationToken.None), "no older transaction runs");
        await AssertStoredAsync(row);
    }
}
