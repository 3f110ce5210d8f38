using System.Collections.Concurrent;
using Holdfast.Rows;

namespace Holdfast.Stores.Queries;

/// <summary>
/// Counts and order-independent hashes of rows by time bucket, computed by the server in one statement per table, and rows by their keys with
/// the hash of each. Nothing here needs a session of its own: it works behind a pooler.
/// </summary>
internal static class DigestQueries
{
    private static readonly Statement Server = new("""
        select pg_snapshot_xmin(s)::text, pg_snapshot_xmax(s)::text, (extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint, current_database()::text
        from pg_current_snapshot() s
        """);

    private static readonly Statement Identifier = new("select system_identifier::text from pg_control_system()");

    private static readonly ConcurrentDictionary<(Table, bool), DigestTexts> Made = new();

    /// <summary>What a run of a server is known by, and how far its transactions are.</summary>
    public static Task<ServerRun> ServerAsync(IRowAccess store, CancellationToken cancellationToken) => store.QueryAsync(Server, [],
        row => new ServerRun(Position(row, 0), Position(row, 1), row.Integer(2), row.Text(3)), cancellationToken).FirstAsync(cancellationToken).AsTask();

    /// <summary>The number that <c>initdb</c> gave the server; null where the role may not read it.</summary>
    public static async Task<string?> SystemIdentifierAsync(IRowAccess store, CancellationToken cancellationToken)
    {
        try
        {
            return await store.QueryAsync(Identifier, [], row => row.Text(0), cancellationToken).FirstAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (HoldfastException e) when (e.InnerException is Npgsql.PostgresException { SqlState: "42501" or "42883" })
        {
            return null;
        }
    }

    /// <summary>The whole table by bucket, apart: rows of the transactions in <paramref name="recent"/>, and all others.</summary>
    public static IAsyncEnumerable<DigestPart> AllAsync(IRowAccess store, Table table, bool deep, TransactionRange recent, CancellationToken cancellationToken) =>
        store.QueryAsync(Text(table, deep).All, recent.Parameters, Part, cancellationToken);

    /// <summary>Of each of these tables, in one statement: how many rows there are, and how many of them are from the transactions in <paramref name="since"/>.</summary>
    public static IAsyncEnumerable<(string Table, long Rows, long Since)> CountsAsync(IRowAccess store, IReadOnlyCollection<Table> tables, TransactionRange since, CancellationToken cancellationToken) =>
        store.QueryAsync(
            new Statement(string.Join(" union all ", tables.Select(table => $"select '{table.Name}', count(*), count(*) filter (where {TransactionRange.Contains(1, 2, 3)}) from {{{table.Name}}} t"))) { MayTakeLong = true },
            since.Parameters, row => (row.Text(0), row.Integer(1), row.Integer(2)), cancellationToken);

    /// <summary>The rows from within <paramref name="since"/> by bucket, and first of all, without a bucket, the number of all others, of one moment.</summary>
    public static IAsyncEnumerable<DigestPart> SinceAsync(IRowAccess store, Table table, bool deep, TransactionRange since, TransactionRange recent, CancellationToken cancellationToken) =>
        store.QueryAsync(Text(table, deep).Since, [.. since.Parameters, .. recent.Parameters], Part, cancellationToken);

    /// <summary>The parts of these buckets.</summary>
    public static IAsyncEnumerable<DigestPart> PartsAsync(IRowAccess store, Table table, bool deep, IReadOnlyCollection<long> buckets, CancellationToken cancellationToken) =>
        store.QueryAsync(Text(table, deep).Parts, [Prefixes(buckets, DigestExpressions.BucketBytes)], Part, cancellationToken);

    /// <summary>All rows of these buckets and of these parts of buckets.</summary>
    public static IAsyncEnumerable<RowDigest> OpenAsync(IRowAccess store, Table table, bool deep, IReadOnlyCollection<long> buckets, IReadOnlyCollection<long> parts, CancellationToken cancellationToken) =>
        store.QueryAsync(Text(table, deep).Open, [Prefixes(buckets, DigestExpressions.BucketBytes), Prefixes(parts, DigestExpressions.PartBytes)], Row, cancellationToken);

    /// <summary>These rows as they stand now; what is not there is left out.</summary>
    public static IAsyncEnumerable<RowDigest> ReadAsync(IRowAccess store, Table table, bool deep, IReadOnlyList<RowKey> keys, CancellationToken cancellationToken) =>
        store.QueryAsync(Text(table, deep).Read, [keys.Select(key => key.TenantId).ToArray(), keys.Select(key => key.Key).ToArray()], Row, cancellationToken);

    /// <summary>What the hashes of a table are made of: other text, other hashes.</summary>
    public static string Formula(Table table, bool deep) => DigestExpressions.Row(table, deep);

    private static ulong Position(StoreReader row, int column) => ulong.Parse(row.Text(column), System.Globalization.CultureInfo.InvariantCulture);

    private static DigestPart Part(StoreReader row) => new(row.Boolean(0), row.IsNull(1) ? null : Prefix(row.Data.GetFieldValue<byte[]>(1)), row.Integer(2), row.IsNull(3) ? 0 : row.Integer(3));

    private static RowDigest Row(StoreReader row) => new(new RowKey(row.Text(0), row.Text(1)), row.Stamp(2), row.Integer(3));

    private static long Prefix(byte[] bytes) => bytes.Aggregate(0L, (value, next) => value << 8 | next);

    private static byte[][] Prefixes(IReadOnlyCollection<long> values, int length) =>
        [.. values.Select(value => Enumerable.Range(0, length).Select(i => (byte)(value >> 8 * (length - 1 - i))).ToArray())];

    private static DigestTexts Text(Table table, bool deep) => Made.GetOrAdd((table, deep), static made => new DigestTexts(made.Item1, made.Item2));

    private sealed class DigestTexts
    {
        public DigestTexts(Table table, bool deep)
        {
            var (name, hash) = ($"{{{table.Name}}} t", DigestExpressions.Row(table, deep));
            var row = $"t.tenant_id, t.{DigestExpressions.KeyColumn(table)}::text, t.stamp, {hash}";
            // "offset 0" keeps the planner from looking through: it would take a bucket per row, and sort them all.
            All = Long($"""
                select settled, bucket, count(*), bit_xor(hash) from (
                  select not {TransactionRange.Contains(1, 2, 3)} as settled, {DigestExpressions.Bucket(DigestExpressions.BucketBytes)} as bucket, {hash} as hash from {name} offset 0) x
                group by 1, 2
                """);
            Since = Long($"""
                select true, null::bytea, count(*), null::bigint from {name} where not {TransactionRange.Contains(1, 2, 3)}
                union all
                select settled, bucket, count(*), bit_xor(hash) from (
                  select not {TransactionRange.Contains(4, 5, 6)} as settled, {DigestExpressions.Bucket(DigestExpressions.BucketBytes)} as bucket, {hash} as hash
                  from {name} where {TransactionRange.Contains(1, 2, 3)} offset 0) x
                group by 1, 2
                """);
            Parts = Long($"""
                select true, bucket, count(*), bit_xor(hash) from (
                  select {DigestExpressions.Bucket(DigestExpressions.PartBytes)} as bucket, {hash} as hash from {name}
                  where {DigestExpressions.Bucket(DigestExpressions.BucketBytes)} in (select pg_catalog.unnest($1::bytea[])) offset 0) x
                group by 2
                """);
            Open = Long($"""
                select {row} from {name}
                where {DigestExpressions.Bucket(DigestExpressions.BucketBytes)} in (select pg_catalog.unnest($1::bytea[]))
                  or {DigestExpressions.Bucket(DigestExpressions.PartBytes)} in (select pg_catalog.unnest($2::bytea[]))
                """);
            var key = table.Kind == TableKind.Append ? "a.key::uuid" : "a.key";
            Read = Long($"select {row} from unnest($1::text[], $2::text[]) a(tenant_id, key) join {name} on t.tenant_id = a.tenant_id and t.{DigestExpressions.KeyColumn(table)} = {key}");
        }

        public Statement All { get; }
        public Statement Since { get; }
        public Statement Parts { get; }
        public Statement Open { get; }
        public Statement Read { get; }

        private static Statement Long(string sql) => new(sql) { MayTakeLong = true };
    }
}
