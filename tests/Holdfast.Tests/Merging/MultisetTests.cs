using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Sqlite;
using Xunit;

namespace Holdfast.Tests.Merging;

/// <summary>Any multiset of rows in any order, split in any batches, with duplicates, ends in equal content on every store.</summary>
public sealed class MultisetTests : IAsyncLifetime
{
    private static readonly Table[] Merged = [.. Tables.All.Where(table => table.IsMerged)];
    private static readonly Table[] AllButConflicts = [.. Merged.Where(table => table != Tables.Conflicts)];
    private static readonly Clock Names = new();

    private readonly MemoryFolder _folder = new();
    private readonly List<IStore> _stores = [];
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _stores.Add(await _database.ConnectAsync(schema: "first"));
        _stores.Add(await _database.ConnectAsync(schema: "second"));
        _stores.Add(SqliteStore.Open(_folder.File("first.db"), TimeProvider.System));
        _stores.Add(SqliteStore.Open(_folder.File("second.db"), TimeProvider.System));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores) await store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task stores_that_got_the_same_rows_in_any_order_are_equal_with_every_loser_in_conflicts()
    {
        for (var seed = 0; seed < ScheduleRunner.Count(30); seed++)
            foreach (var store in _stores) Assert.Null(await DifferenceToOracleAsync(store, seed, erasures: false));
    }

    [Theory]
    [InlineData("FirstStampWins")]
    [InlineData("ArrivingLoserIsKept")]
    [InlineData("LoserKeepsStampAndScope")]
    [InlineData("CoveredRowIsStoredEmpty")]
    public async Task a_store_without_one_of_the_rules_differs(string rule)
    {
        var all = MergeRules.All;
        var rules = rule switch
        {
            "FirstStampWins" => all with { FirstStampWins = false },
            "ArrivingLoserIsKept" => all with { ArrivingLoserIsKept = false },
            "LoserKeepsStampAndScope" => all with { LoserKeepsStampAndScope = false },
            _ => all with { CoveredRowIsStoredEmpty = false },
        };
        await using var server = await _database.ConnectAsync(rules, "lawless");
        await using var file = SqliteStore.Open(_folder.File("lawless.db"), TimeProvider.System, rules);
        foreach (var store in (IStore[])[server, file])
        {
            var isNoticed = false;
            for (var seed = 0; seed < 20 && !isNoticed; seed++)
                isNoticed = await DifferenceToOracleAsync(store, seed, erasures: !rules.CoveredRowIsStoredEmpty) is not null;
            Assert.True(isNoticed, $"{store.Address} without {rule} was taken for right");
        }
    }

    /// <summary>Without erasures a store alone knows every loser; with them conflicts are left out (see <see cref="ExchangeConflictsAsync"/>).</summary>
    private static async Task<string?> DifferenceToOracleAsync(IStore store, int seed, bool erasures)
    {
        var tenant = Names.Next().ToString();
        var bag = new RowBag(seed, tenant, isPlain: !erasures);
        var oracle = RuleOracle.Of(bag.Rows);
        if (!erasures)
            foreach (var loser in RuleOracle.Losers(bag.Rows)) oracle.Add(LostRow.Of(loser, MergeRules.All));
        foreach (var batch in bag.Delivery()) await store.MergeAsync(batch, CancellationToken.None);
        return oracle.DifferenceTo(await StoreContent.ReadAsync(store, tenant, erasures ? AllButConflicts : Merged)) is { } difference
            ? $"seed {seed}, {store.Address}: {difference}"
            : null;
    }

    [Fact]
    public async Task stores_that_got_the_same_rows_and_erasures_in_any_order_are_equal_once_conflicts_were_exchanged()
    {
        for (var seed = 0; seed < ScheduleRunner.Count(40); seed++)
        {
            var tenant = Names.Next().ToString();
            var bag = new RowBag(seed, tenant, isPlain: false);
            foreach (var store in _stores)
            {
                foreach (var batch in bag.Delivery()) await store.MergeAsync(batch, CancellationToken.None);
                MustEqual(RuleOracle.Of(bag.Rows), await StoreContent.ReadAsync(store, tenant, AllButConflicts), $"seed {seed}, {store.Address}");
            }
            await ExchangeConflictsAsync(tenant);
            var first = await StoreContent.ReadAsync(_stores[0], tenant, Merged);
            foreach (var store in _stores.Skip(1))
                MustEqual(first, await StoreContent.ReadAsync(store, tenant, Merged), $"seed {seed}, {store.Address} against {_stores[0].Address}");
            NothingSaidIsLost(bag.Rows, first, $"seed {seed}");
        }
    }

    /// <summary>
    /// A store that saw two equal rows under a key has lost nothing and records nothing; a store that saw one of them emptied
    /// in between has. Which it was depends on the order, and therefore conflicts are relayed like any append table.
    /// </summary>
    private async Task ExchangeConflictsAsync(string tenant)
    {
        var all = new List<Row>();
        foreach (var store in _stores) all.AddRange(await StoreContent.RowsAsync(store, tenant, Tables.Conflicts).ToListAsync());
        foreach (var store in _stores) await store.MergeAsync(all, CancellationToken.None);
    }

    private static void NothingSaidIsLost(List<Row> rows, StoreContent content, string where)
    {
        foreach (var loser in RuleOracle.Losers(rows))
        {
            var record = LostRow.Of(loser, MergeRules.All);
            var others = rows.Where(row => row.Table == loser.Table && row.Id == loser.Id && row.Stamp != loser.Stamp && row.SameContent(loser)).ToList();
            if (!content.Rows.TryGetValue((Tables.Conflicts, record.Id), out var kept))
                Assert.True(others.Count > 0 || RuleOracle.IsCovered(loser, rows), $"{where}: what {loser.Id} stamp {loser.Stamp} said is lost");
            else if (RuleOracle.IsCovered(loser, rows))
                Assert.True(kept.Text("content") is null, $"{where}: erased content is in conflicts {kept.Id}");
            else
                Assert.True(kept.Text("content") == record.Text("content") && kept.Stamp == loser.Stamp && kept.UserId == loser.UserId && kept.SessionId == loser.SessionId,
                    $"{where}: conflicts has {kept.Text("content")} for {record.Text("content")}");
        }
    }

    private static void MustEqual(StoreContent expected, StoreContent actual, string where) =>
        Assert.True(expected.DifferenceTo(actual) is null, $"{where}: {expected.DifferenceTo(actual)}");
}
