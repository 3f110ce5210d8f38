using Holdfast.Rows;

namespace Holdfast.Stores.Queries;

/// <summary>
/// What a row <c>t</c> is hashed to by the server. The functions are those of hash partitioning and hash indexes, which PostgreSQL keeps from
/// version to version; two processors of different byte order would disagree, and then buckets are opened that are equal.
/// </summary>
internal static class DigestExpressions
{
    /// <summary>Bytes of the stamp that make a bucket: 24 bits of its milliseconds are 4.66 hours.</summary>
    public const int BucketBytes = 3;

    /// <summary>Bytes of the stamp that make a part of a bucket: 40 bits of its milliseconds are 256 milliseconds.</summary>
    public const int PartBytes = 5;

    public static string Bucket(int bytes) => $"substr(uuid_send(t.stamp), 1, {bytes})";

    public static string KeyColumn(Table table) => table.Kind == TableKind.Append ? "id" : "key";

    /// <summary>Tenant, key and stamp; deep: every column that a row brings, too.</summary>
    public static string Row(Table table, bool deep)
    {
        var tenant = "pg_catalog.hashtextextended(t.tenant_id, 0)";
        var key = table.Kind == TableKind.Append ? $"pg_catalog.uuid_hash_extended(t.id, {tenant})" : $"pg_catalog.hashtextextended(t.key, {tenant})";
        var row = $"pg_catalog.uuid_hash_extended(t.stamp, {key})";
        return deep ? $"hashint8extended({string.Join(" # ", Content(table).Select(Value))}, {row})" : row;
    }

    /// <summary>The columns that make a row's content.</summary>
    public static IEnumerable<Column> Content(Table table) =>
        table.Columns.Where(column => column.Name is not ("tenant_id" or "id" or "stamp" or "loser" or "feed" or "nonce") && column.Name != KeyColumn(table));

    // Each column has a seed of its own: two that change places differ, and so do an empty text and none. Times go in as the instant,
    // whatever the session's time zone is.
    private static string Value(Column column, int index)
    {
        var (name, seed) = ($"t.{column.Name}", index + 1);
        var hash = column.Type switch
        {
            ColumnType.Text => $"pg_catalog.hashtextextended({name}, {seed})",
            ColumnType.Json => $"pg_catalog.hashtextextended({name}::text, {seed})",
            ColumnType.Uuid => $"pg_catalog.uuid_hash_extended({name}, {seed})",
            ColumnType.Timestamp => $"timestamp_hash_extended(timezone('UTC', {name}), {seed})",
            ColumnType.Integer => $"hashint8extended({name}, {seed})",
            _ => throw new ArgumentOutOfRangeException(nameof(column), column.Type, "No merged table has such a column."),
        };
        return $"coalesce({hash}, {seed})";
    }
}
