using Holdfast.Rows;
using Xunit;

namespace Holdfast.Tests.Digests;

/// <summary>Stores are compared while writers write: rows on their way are no difference, and one that is lost among them is.</summary>
public sealed class BusyComparisonTests : IAsyncLifetime
{
    private const int Writers = 4;

    private readonly CancellationTokenSource _stop = new();
    private ThreeStores _stores = null!;
    private Task _writing = Task.CompletedTask;

    public async ValueTask InitializeAsync() => _stores = await ThreeStores.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        await _stores.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task writers_make_no_difference_and_a_lost_row_among_theirs_is_one(bool deep)
    {
        _writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(writer))));
        // Small buckets and portions: every comparison opens some.
        var options = _stores.Options(deep) with { Patience = TimeSpan.FromSeconds(20), BucketRowsMax = 50 };
        var rows = new List<long>();
        for (var i = 0; i < 5; i++)
        {
            var report = await _stores.CompareAsync(options);
            Assert.True(report.IsEqual, $"{report.Rows.Count} differ, {report.Rows.FirstOrDefault()?.Table} first");
            rows.Add(report.Providers[0].Rows);
        }
        Assert.True(rows[^1] > rows[0], "the writers write");
        var lost = _stores.Rows.Message("lost");
        await _stores.WriteToAsync(0, lost);
        await _stores.WriteToAsync(2, lost);
        Assert.Equal(lost.Id.ToString(), Assert.Single((await _stores.CompareAsync(options with { Patience = TimeSpan.FromSeconds(2) })).Rows).Key.Key);
        await StopAsync();
        await _stores.WriteToAsync(1, lost);
        Assert.True((await _stores.CompareAsync(_stores.Options(deep))).IsEqual);
        Assert.True((await _stores.CompareAsync(_stores.Options(deep: true) with { Fresh = true })).IsEqual);
    }

    // Each row reaches the stores one after the other, in another order every time; registers change all the while, and now and then
    // somebody is forgotten.
    private async Task WriteAsync(int writer)
    {
        var random = new Random(writer);
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            Row[] rows =
            [
                _stores.Rows.Message($"{writer} {i}", user: $"user {i / 20 % 5}"), _stores.Rows.Revision($"key {writer % 2}", $"{i}"),
                .. i % 25 == 24 ? new[] { _stores.Rows.Erasure(_stores.Rows.Clock.Next(), user: $"user {random.Next(5)}") } : [],
            ];
            int[] order = [0, 1, 2];
            random.Shuffle(order);
            foreach (var store in order) await _stores.WriteToAsync(store, rows);
        }
        // What a transaction wrote that had not seen an erasure is emptied by its sweep, as the providers' upkeep does it.
        for (var store = 0; store < 3; store++) await TestServers.Wait.UntilAsync(() => _stores[store].SweepErasuresAsync(CancellationToken.None), "the erasures are swept");
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _writing;
    }
}
