using Holdfast.Providers;
using Holdfast.Providers.Control;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Sqlite;
using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Providers;

/// <summary>What runs beside calls, piece by piece.</summary>
public sealed class UpkeepTests
{
    [Fact]
    public async Task who_holds_a_later_row_of_a_key_does_not_hold_the_earlier_one_that_waits()
    {
        await using var store = SqliteStore.Open(Path.Combine(Directory.CreateDirectory(TestPlaces.NewFolder()).FullName, "memory.db"), TimeProvider.System);
        var (spool, rows) = (new Spool(store, TimeProvider.System), new TestRows("t"));
        var (first, later) = (rows.Message("first", key: "k"), rows.Message("later", key: "k"));
        await spool.WriteAsync([first], CancellationToken.None);
        await spool.WriteAsync([later], CancellationToken.None);
        await spool.ConfirmAsync([(later.Table, Reference(later), "p"), (later.Table, Reference(later), "q")], 2, CancellationToken.None);
        Assert.Contains(await spool.WaitingAsync("p", TimeProvider.System.GetUtcNow().AddMinutes(1), null, 10, CancellationToken.None), entry => entry.Reference == Reference(first));
        await spool.ConfirmAsync([(first.Table, Reference(first), "p")], 2, CancellationToken.None);
        Assert.DoesNotContain(await spool.WaitingAsync("p", TimeProvider.System.GetUtcNow().AddMinutes(1), null, 10, CancellationToken.None), entry => entry.Reference == Reference(first));
    }

    [Fact]
    public void a_slow_statement_that_cannot_be_logged_is_not_a_failed_one()
    {
        var file = Path.Combine(Directory.CreateDirectory(TestPlaces.NewFolder()).FullName, "a file, not a folder");
        File.WriteAllText(file, "");
        var log = new SlowQueryLog(file, TimeSpan.Zero, TimeProvider.System);
        log.Add("neon", "select 1", TimeSpan.FromSeconds(1));
        Assert.Equal(1, log.LostCount);
    }

    [Fact]
    public async Task nothing_that_a_turn_throws_ends_a_loop()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var (turns, failures) = (0, new List<Exception>());
        await BackgroundLoop.RunAsync(_ => ++turns switch
        {
            1 => throw new InvalidOperationException("unforeseen"),
            2 => Task.FromException<bool>(new HoldfastException("foreseen")),
            3 => Task.FromResult(true),
            _ => Task.FromResult(false),
        }, failures.Add, TimeProvider.System, stop.Token);
        Assert.Equal(4, turns);
        Assert.Equal(["unforeseen", "foreseen"], failures.Select(failure => failure.Message));
    }

    private static RowReference Reference(Row row) => new(row.TenantId, row.Id, row.Stamp);
}
