using Holdfast.Rows;
using Holdfast.Stores;
using Xunit;

namespace Holdfast.Tests.Stores;

/// <summary>The contract of registers: the last stamp wins, and compare-and-set lets one through.</summary>
public abstract class RegisterContract(Place place) : ErasureContract(place)
{
    [Fact]
    public async Task a_revision_moves_its_register()
    {
        var revision = Rows.Revision("a", "1");
        await MergeAsync(revision);
        var value = await SettingAsync("a");
        Assert.Equal(revision.Stamp, value!.Revision);
        Assert.Equal(revision.Text("content"), value.Content);
    }

    [Fact]
    public async Task an_older_revision_that_comes_late_is_kept_but_does_not_move_the_register_back()
    {
        var (older, newer) = (Rows.Revision("a", "1"), Rows.Revision("a", "2"));
        await MergeAsync(newer);
        await MergeAsync(older);
        Assert.Equal(newer.Stamp, (await SettingAsync("a"))!.Revision);
        Assert.Equal(2, (await ReadAllAsync(Tables.Revisions)).Count);
    }

    [Fact]
    public async Task many_revisions_of_one_register_in_a_batch_end_with_the_last()
    {
        var revisions = Enumerable.Range(0, 20).Select(i => Rows.Revision("a", $"{i}")).Reverse().ToArray();
        await MergeAsync(revisions);
        Assert.Equal(revisions[0].Stamp, (await SettingAsync("a"))!.Revision);
    }

    [Fact]
    public async Task compare_and_set_makes_a_register_that_is_not_there_and_refuses_when_it_is()
    {
        Assert.True(await Store.CompareAndSetAsync(Rows.Revision("a", "1"), null, CancellationToken.None));
        Assert.False(await Store.CompareAndSetAsync(Rows.Revision("a", "2"), null, CancellationToken.None));
        Assert.Single(await ReadAllAsync(Tables.Revisions));
    }

    [Fact]
    public async Task compare_and_set_moves_only_from_the_revision_that_was_read()
    {
        var first = Rows.Revision("a", "1");
        await MergeAsync(first);
        var second = Rows.Revision("a", "2", first.Stamp);
        Assert.True(await Store.CompareAndSetAsync(second, first.Stamp, CancellationToken.None));
        Assert.False(await Store.CompareAndSetAsync(Rows.Revision("a", "3", first.Stamp), first.Stamp, CancellationToken.None));
        Assert.False(await Store.CompareAndSetAsync(Rows.Revision("unknown", "3"), first.Stamp, CancellationToken.None));
        Assert.Equal(second.Stamp, (await SettingAsync("a"))!.Revision);
        await AssertStoredAsync(second);
        Assert.Equal(2, (await ReadAllAsync(Tables.Revisions)).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task of_many_compare_and_sets_at_once_one_wins(bool exists)
    {
        Stamp? expected = null;
        if (exists)
        {
            var first = Rows.Revision("a", "0");
            await MergeAsync(first);
            expected = first.Stamp;
        }
        var rivals = Enumerable.Range(1, 12).Select(i => Rows.Revision("a", $"{i}", expected)).ToList();
        var won = await Task.WhenAll(rivals.Select(rival => Task.Run(() => Store.CompareAndSetAsync(rival, expected, CancellationToken.None))));
        var winner = Assert.Single(rivals.Where((_, i) => won[i]));
        Assert.Equal(winner.Stamp, (await SettingAsync("a"))!.Revision);
        Assert.Equal(exists ? 2 : 1, (await ReadAllAsync(Tables.Revisions)).Count);
    }
}
