using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Sqlite;
using Holdfast.Tests.Rows;
using Xunit;

namespace Holdfast.Tests.Stores;

/// <summary>What waits in the spool for whom.</summary>
public sealed class SpoolTests
{
    private const string Provider = "p0";

    private readonly ManualTime _time = new();
    private readonly TestRows _rows = new("tenant");

    [Fact]
    public async Task a_provider_that_confirms_a_later_row_of_a_key_still_lacks_the_earlier_one()
    {
        await using var store = SqliteStore.Open(HoldfastHome.LocalFile(TestPlaces.NewFolder()), _time);
        var spool = new Spool(store, _time);
        var (earlier, later) = (_rows.Message("earlier", key: "k"), _rows.Message("later", key: "k"));
        await spool.WriteAsync([earlier], CancellationToken.None);
        await spool.WriteAsync([later], CancellationToken.None);

        await ConfirmAsync(spool, later);
        Assert.Contains(await WaitingAsync(spool), entry => entry.Reference.Id == earlier.Id);

        await ConfirmAsync(spool, earlier);
        Assert.DoesNotContain(await WaitingAsync(spool), entry => entry.Reference.Id == earlier.Id);
    }

    [Fact]
    public async Task what_a_clock_that_was_ahead_has_spooled_is_found_when_the_clock_is_right_again()
    {
        await using var store = SqliteStore.Open(HoldfastHome.LocalFile(TestPlaces.NewFolder()), _time);
        var spool = new Spool(store, _time);
        _time.Advance(TimeSpan.FromHours(1));
        var row = _rows.Message("an hour ahead");
        await spool.WriteAsync([row], CancellationToken.None);
        _time.Advance(TimeSpan.FromHours(-1));
        Assert.Empty(await WaitingAsync(spool));

        await SpoolUpkeep.RedateAsync(store, _time.GetUtcNow(), CancellationToken.None);

        Assert.Equal(row.Id, Assert.Single(await WaitingAsync(spool)).Reference.Id);
    }

    private Task<IReadOnlyList<SpooledRow>> WaitingAsync(Spool spool) => spool.WaitingAsync(Provider, _time.GetUtcNow(), null, 10, CancellationToken.None);

    private static Task ConfirmAsync(Spool spool, Row row) =>
        spool.ConfirmAsync([(row.Table, new RowReference(row.TenantId, row.Id, row.Stamp), Provider)], holdersNeeded: 1, CancellationToken.None);
}
