using System.Globalization;
using Holdfast.Rows;
using Holdfast.Stores;

namespace Holdfast.Tests.Merging;

/// <summary>The rules of a relay, by name; tests switch one off to show that without it something is lost or differs.</summary>
/// <param name="PullsByStamp">A row that stands at the receiver with a higher stamp is fetched too (instead of: only missing ids).</param>
/// <param name="CursorIsAnchor">A cursor never passes its anchor row (instead of: it goes to the feed's end, be there a row or not).</param>
/// <param name="AnchorComparesNonce">The anchor is the same only with the same random value of its write.</param>
/// <param name="RepairStaysPending">A repair that was cut off goes on at the next pull.</param>
/// <param name="ErasuresStayInLocalFile">A writer keeps every erasure that it knows and offers it at every contact.</param>
/// <param name="ConflictsAreRelayed"><c>conflicts</c> is a relayed append table.</param>
/// <param name="RevisionsTakeNoKey">A revision's id is its stamp.</param>
internal sealed record RelayRules(
    bool PullsByStamp = true, bool CursorIsAnchor = true, bool AnchorComparesNonce = true, bool RepairStaysPending = true,
    bool ErasuresStayInLocalFile = true, bool ConflictsAreRelayed = true, bool RevisionsTakeNoKey = true)
{
    public static readonly RelayRules All = new();
}

/// <summary>How far a receiver has read the feed of one table of a source.</summary>
internal sealed record RelayCursor(FeedPosition Position, FeedEntry? Anchor, bool RepairPending);

/// <summary>The pull of DESIGN §5 in its plainest form, over nothing but the contract of a store.</summary>
internal sealed class ReferenceRelay(RelayRules rules, string tenantId)
{
    private static readonly Table[] Relayed = [Tables.Erasures, Tables.Conflicts, Tables.Revisions, Tables.SessionMemories];

    private static readonly Stamp Highest = new(Guid.AllBitsSet);

    /// <summary>Brings to the receiver what it lacks of the source; the number of rows that were brought.</summary>
    /// <param name="pageSize">Entries read at a time.</param>
    /// <param name="cutOff">True: a repair is cut off after its first row.</param>
    public async Task<int> PullAsync(ScheduleStore receiver, ScheduleStore source, int pageSize, bool cutOff)
    {
        var rows = new List<Row>();
        var cursors = new List<(Table Table, RelayCursor Cursor)>();
        var pending = 0;
        foreach (var table in Relayed)
        {
            if (table == Tables.Conflicts && !rules.ConflictsAreRelayed) continue;
            var (fetched, cursor) = await ReadAsync(receiver, source, table, pageSize, cutOff);
            rows.AddRange(fetched);
            cursors.Add((table, cursor));
            if (cursor.RepairPending) pending++;
        }
        // One transaction: erasures first, so that what they cover arrives empty.
        await receiver.Store.MergeAsync(rows, CancellationToken.None);
        foreach (var (table, cursor) in cursors) receiver.Cursors[(source.Name, table)] = cursor;
        return rows.Count + pending;
    }

    private async Task<(IReadOnlyList<Row> Rows, RelayCursor Cursor)> ReadAsync(ScheduleStore receiver, ScheduleStore source, Table table, int pageSize, bool cutOff)
    {
        var cursor = receiver.Cursors.GetValueOrDefault((source.Name, table), new RelayCursor(source.FeedStart, null, false));
        var repair = cursor.RepairPending || cursor.Anchor is { } anchor && !await IsThereAsync(source, table, anchor);
        var entries = await FollowAsync(source, table, repair ? source.FeedStart : cursor.Position, pageSize);

        // An entry may be of an older stamp than what the source holds by now; the row is read as it is.
        var wanted = entries.Select(entry => rules.PullsByStamp ? entry.Reference : entry.Reference with { Stamp = Highest }).ToList();
        var missing = await receiver.Store.FindMissingAsync(table, wanted, CancellationToken.None);
        var isCut = repair && cutOff && missing.Count > 1;
        if (isCut) missing = [missing[0]];
        var rows = missing.Count == 0 ? [] : await source.Store.ReadRowsAsync(table, missing, CancellationToken.None);

        FeedEntry? last = entries.Count > 0 ? entries[^1] : repair ? null : cursor.Anchor;
        var position = last?.Position ?? source.FeedStart;
        if (!rules.CursorIsAnchor && last is not null)
            position = new FeedPosition(Math.Max(position.Feed, await source.FeedEndAsync(table)), "\uffff", Guid.AllBitsSet);
        return (rows, new RelayCursor(position, last, isCut && rules.RepairStaysPending));
    }

    private async Task<List<FeedEntry>> FollowAsync(ScheduleStore source, Table table, FeedPosition after, int pageSize)
    {
        var entries = new List<FeedEntry>();
        while (await source.Store.ReadFeedAsync(table, after, pageSize, CancellationToken.None) is { Count: > 0 } page)
        {
            entries.AddRange(page.Where(entry => entry.Position.TenantId == tenantId));
            after = page[^1].Position;
        }
        return entries;
    }

    private async Task<bool> IsThereAsync(ScheduleStore source, Table table, FeedEntry anchor)
    {
        var sql = new Statement(
            $"select feed::text, nonce from {{{table.Name}}} where tenant_id = $1 and id = $2",
            $"select cast(feed as text), nonce from {{{table.Name}}} where tenant_id = $1 and id = $2");
        return await source.Store.QueryAsync(sql, [tenantId, anchor.Position.Id], row => (Feed: ulong.Parse(row.Text(0), CultureInfo.InvariantCulture), Nonce: row.Integer(1)), CancellationToken.None)
            .AnyAsync(row => row.Feed == anchor.Position.Feed && (!rules.AnchorComparesNonce || row.Nonce == anchor.Nonce));
    }
}
