using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Rows;
using Holdfast.Stores.Queries;

namespace Holdfast.Relay.Digests;

/// <summary>
/// What a repair takes away, as a record among the conflicts: nothing is overwritten that is not kept beside it. It has the row's stamp, user and
/// session, so that an erase reaches it.
/// </summary>
internal static class KeptRow
{
    public static Row Of(Row row) => Make(row.Table.Name, row.TenantId, row.Id, row.Stamp, row.UserId, row.SessionId, row.OccurredAt,
        [("key", row.Key is { } key ? JsonText.Quote(key) : "null"), .. row.Table.Own.Select((column, i) => (column.Name, Member(column.Type, row.Values[i])))]);

    public static Row Of(RegisterRow row) => Make(row.Table.Name, row.TenantId, row.Stamp.Value, row.Stamp, row.UserId, row.SessionId, row.OccurredAt,
        [("key", JsonText.Quote(row.Key)), ("content", row.Content ?? "null")]);

    // Two different contents of one row are two records: the content is part of the id.
    private static Row Make(string table, string tenantId, Guid id, Stamp stamp, string? userId, string? sessionId, DateTimeOffset occurredAt, IEnumerable<(string Name, string Value)> members)
    {
        var content = $"{{{string.Join(',', members.Select(member => $"{JsonText.Quote(member.Name)}:{member.Value}"))}}}";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
        return new Row(Tables.Conflicts, tenantId, RowId.FromKey(tenantId, Tables.Conflicts.Name, table, id.ToString("D"), stamp.ToString(), hash),
            stamp, userId, sessionId, Key: null, occurredAt, [table, id, content]);
    }

    private static string Member(ColumnType type, object? value) => (type, value) switch
    {
        (_, null) => "null",
        (ColumnType.Json, string json) => json,
        (_, string text) => JsonText.Quote(text),
        (_, Guid uuid) => $"\"{uuid:D}\"",
        (_, DateTimeOffset time) => Timestamps.ToUnixMicroseconds(time).ToString(CultureInfo.InvariantCulture),
        (_, bool flag) => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
