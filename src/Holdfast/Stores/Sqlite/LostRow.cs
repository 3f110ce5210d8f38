using System.Globalization;
using Holdfast.Rows;

namespace Holdfast.Stores.Sqlite;

/// <summary>The record of a row that lost against another of its key, with the bytes that PostgreSQL's merge statement writes.</summary>
internal static class LostRow
{
    public static Row Of(Row loser, MergeRules rules) => new(
        Tables.Conflicts, loser.TenantId, RowId.OfConflict(loser.Table.Name, loser.Id, loser.Stamp),
        rules.LoserKeepsStampAndScope ? loser.Stamp : Stamp.FromPacked(loser.Stamp.Packed + Random.Shared.Next(1 << 20), (ulong)Random.Shared.NextInt64()),
        rules.LoserKeepsStampAndScope ? loser.UserId : null, rules.LoserKeepsStampAndScope ? loser.SessionId : null, Key: null, loser.OccurredAt,
        [loser.Table.Name, loser.Id, Content(loser)]);

    private static string Content(Row loser)
    {
        var members = loser.Table.Own.Select((column, i) => Member(column.Name, column.Type, loser.Values[i]))
            .Prepend(Member("occurred_at", ColumnType.Timestamp, loser.OccurredAt))
            .Prepend(Member("key", ColumnType.Text, loser.Key));
        return $"{{{string.Join(',', members)}}}";
    }

    private static string Member(string name, ColumnType type, object? value) => $"\"{name}\":" + (type, value) switch
    {
        (_, null) => "null",
        (ColumnType.Json, string json) => json,
        (ColumnType.Text, string text) => JsonText.Quote(text),
        (ColumnType.Uuid, Guid uuid) => $"\"{uuid:D}\"",
        (ColumnType.Timestamp, DateTimeOffset time) => Timestamps.ToUnixMicroseconds(time).ToString(CultureInfo.InvariantCulture),
        (ColumnType.Integer, long number) => number.ToString(CultureInfo.InvariantCulture),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No append table has such a column."),
    };
}
