namespace Holdfast.Rows;

/// <summary>
/// Rows of one transaction in the order in which every batch writes: tables in a fixed order, rows by primary key. A row whose
/// id came before in the batch waits for the next round, since one statement cannot change a row twice.
/// </summary>
internal static class Batch
{
    /// <summary>At most this many rows go into one transaction.</summary>
    public const int RowsMax = 5_000;

    /// <summary>Groups of one table without an id twice, each as indexes into <paramref name="rows"/>.</summary>
    public static IReadOnlyList<(Table Table, int[] Indexes)> Groups(IReadOnlyList<Row> rows)
    {
        var order = new int[rows.Count];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(order, (a, b) => rows[a].CompareTo(rows[b]));

        if (IsOneGroup(rows, order)) return [(rows[0].Table, order)];
        var groups = new List<(Table Table, int Round, List<int> Indexes)>();
        var round = 0;
        for (var i = 0; i < order.Length; i++)
        {
            var row = rows[order[i]];
            var previous = i == 0 ? null : rows[order[i - 1]];
            round = previous is not null && previous.Table == row.Table && previous.Id == row.Id && previous.TenantId == row.TenantId ? round + 1 : 0;
            var group = groups.FindLast(group => group.Table == row.Table && group.Round == round);
            if (group.Indexes is null) groups.Add(group = (row.Table, round, []));
            group.Indexes.Add(order[i]);
        }
        return [.. groups.OrderBy(group => group.Table.Order).ThenBy(group => group.Round).Select(group => (group.Table, group.Indexes.ToArray()))];
    }

    // What nearly every batch is.
    private static bool IsOneGroup(IReadOnlyList<Row> rows, int[] order)
    {
        for (var i = 1; i < order.Length; i++)
        {
            var (previous, row) = (rows[order[i - 1]], rows[order[i]]);
            if (row.Table != previous.Table || (row.Id == previous.Id && row.TenantId == previous.TenantId)) return false;
        }
        return order.Length > 0;
    }
}
