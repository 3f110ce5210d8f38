using Holdfast.Rows;

namespace Holdfast.Tests.Merging;

/// <summary>What the rules say of a multiset of rows, without any order of arrival: what every store must end with.</summary>
internal static class RuleOracle
{
    /// <summary>
    /// All but <c>conflicts</c>: of a key the first stamp, of a register the last, and nothing in what an erasure covers.
    /// </summary>
    public static StoreContent Of(IReadOnlyCollection<Row> rows)
    {
        var content = new StoreContent();
        foreach (var row in rows.GroupBy(row => (row.Table, row.Id)).Select(group => group.MinBy(row => row.Stamp)!)) content.Add(AsKept(row, rows));
        foreach (var revision in rows.Where(row => row.Table == Tables.Revisions).GroupBy(row => (row.Text("target_table"), row.Text("target_key"))).Select(group => group.MaxBy(row => row.Stamp)!))
            content.Add(Register(AsKept(revision, rows)));
        return content;
    }

    /// <summary>The record of every row that stands behind another of its key: its stamp, user and session, and what it said.</summary>
    public static IEnumerable<Row> Losers(IReadOnlyCollection<Row> rows) => rows.GroupBy(row => (row.Table, row.Id))
        .SelectMany(group => group.OrderBy(row => row.Stamp).Skip(1).DistinctBy(row => row.Stamp));

    public static bool IsCovered(Row row, IEnumerable<Row> rows) =>
        row.Table != Tables.Erasures && rows.Any(erasure => erasure.Table == Tables.Erasures && Scope.Covers(erasure, row));

    private static Row AsKept(Row row, IEnumerable<Row> rows) => IsCovered(row, rows) ? row.Emptied() : row;

    private static RegisterRow Register(Row revision)
    {
        var register = Tables.Get(revision.Text("target_table")!);
        using var content = revision.Text("content") is { } json ? System.Text.Json.JsonDocument.Parse(json) : null;
        object?[] values = [revision.TenantId, revision.Text("target_key"), revision.Stamp.Value, revision.UserId, revision.SessionId, revision.OccurredAt, revision.Text("content"),
            .. register.Own.Select(column => content is not null && content.RootElement.TryGetProperty(column.Name, out var member) ? member.GetString() : null)];
        return new RegisterRow(register, values);
    }
}
