using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;
using Holdfast.Tests.Stores;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Tests.Erasure;

/// <summary>What a receipt says of one store is read from that store, and can be that it is not emptied.</summary>
public abstract class ReceiptContract(Place place) : StoreTest(place)
{
    [Fact]
    public async Task content_that_came_past_an_erasure_is_seen_until_it_is_swept()
    {
        var row = Rows.Message("secret");
        var erasure = Rows.Erasure(Rows.Clock.Next(), user: "ann");
        await MergeAsync(row, erasure);
        await Wait.UntilAsync(() => SweptAsync(erasure), "it is emptied");
        Assert.Equal(new ErasureLook(true, false, 1, 0), await LookAsync(erasure));

        await Store.ExecuteAsync(new Statement("update {session_memories} set content = '\"came back\"' where tenant_id = $1"), [Rows.TenantId], CancellationToken.None);
        Assert.Equal(new ErasureLook(true, false, 1, 1), await LookAsync(erasure));
        var judged = Holdfast.Erasure.Forgetting.Judge(new StoreAnswer<ErasureLook>("x", await LookAsync(erasure), null));
        Assert.Equal(ForgetState.Running, judged.State);
        Assert.Contains("1 rows have content", judged.Reason, StringComparison.Ordinal);

        await MergeAsync(Rows.Erasure(Rows.Clock.Next(), user: "ann"));
        Assert.Equal(0, (await LookAsync(erasure)).RowsWithContent);
    }

    [Fact]
    public async Task every_table_that_can_be_erased_is_looked_at()
    {
        var rows = Tables.Appends.Where(table => table != Tables.Erasures).Select(Rows.Full).ToArray();
        await MergeAsync(rows);
        // The revision has a register besides.
        var count = rows.Length + 1L;
        var before = await ErasureQueries.CountAsync(Store, Rows.TenantId, rows[0].UserId, null, CancellationToken.None);
        Assert.Equal(count, before.RowsWithContent);
        Assert.Equal(before, await ErasureQueries.CountAsync(Store, Rows.TenantId, null, rows[0].SessionId, CancellationToken.None));
        var erasure = Rows.Erasure(Rows.Clock.Next(), user: rows[0].UserId);
        Assert.Equal(new ErasureLook(false, false, count, count), await LookAsync(erasure));
        await MergeAsync(erasure);
        await Wait.UntilAsync(() => SweptAsync(erasure), "it is emptied");
        Assert.Equal(count, (await LookAsync(erasure)).Rows);
    }

    [Fact]
    public async Task another_user_another_tenant_and_what_is_newer_are_not_counted()
    {
        var (mine, erasure) = (Rows.Message("mine"), Rows.Erasure(Rows.Clock.Next(), user: "ann"));
        await MergeAsync(mine, Rows.Message("bob's", user: "bob"), Rows.Message("newer"));
        await Store.MergeAsync([new TestRows(TestPlaces.Unique("tenant")).Message("another tenant's")], CancellationToken.None);
        await MergeAsync(erasure);
        Assert.Equal((1, 0), ((int)(await LookAsync(erasure)).Rows, (int)(await LookAsync(erasure)).RowsWithContent));
    }

    [Fact]
    public async Task a_memory_on_one_store_has_a_receipt_of_that_store()
    {
        var options = await TestPlaces.OptionsAsync(Where);
        await using var memory = await AgentMemory.OpenAsync(options);
        var session = await memory.StartSessionAsync("ann", "title");
        await session.AppendUserAsync("secret");
        ForgetReceipt receipt = null!;
        await Wait.UntilAsync(async () => (receipt = await memory.ForgetSessionAsync(session.Id)).IsComplete, "no older transaction of the server's other tests runs");
        var store = Assert.Single(receipt.Stores);
        Assert.Equal((Where == Place.LocalFile ? "local" : memory.Address, 3L), (store.Store, store.Rows));
        Assert.Equal((null, session.Id), (receipt.UserId, receipt.SessionId));
    }

    private Task<ErasureLook> LookAsync(Row erasure) => ErasureQueries.LookAsync(Store, erasure, CancellationToken.None);

    private async Task<bool> SweptAsync(Row erasure)
    {
        await Store.SweepErasuresAsync(CancellationToken.None);
        return (await LookAsync(erasure)).IsEmptied;
    }
}

public sealed class LocalFileReceiptTests() : ReceiptContract(Place.LocalFile);

public sealed class PostgresReceiptTests() : ReceiptContract(Place.Postgres);

public sealed class PgBouncerReceiptTests() : ReceiptContract(Place.PgBouncer);

public sealed class RowSecurityReceiptTests() : ReceiptContract(Place.RowSecurity);
