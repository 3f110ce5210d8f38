using Holdfast.Rows;

namespace Holdfast.Stores.Queries;

internal static class ErasureQueries
{
    private static readonly Statement All = new($$"""select {{string.Join(", ", RowColumns.Read(Tables.Erasures))}} from {erasures} where tenant_id = $1""");

    private static readonly Statement NewestOfUser = Newest("user_id");
    private static readonly Statement NewestOfSession = Newest("session_id");

    private static readonly Statement LookAtUser = Look("user_id");
    private static readonly Statement LookAtSession = Look("session_id");

    /// <summary>All erasures of a tenant, as rows that another store can merge.</summary>
    public static async Task<IReadOnlyList<Row>> ReadRowsAsync(IRowAccess store, string tenantId, CancellationToken cancellationToken) =>
        await store.QueryAsync(All, [tenantId], row => RowColumns.Row(Tables.Erasures, row), cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>The highest stamp that the store holds of a user or of a session: an erasure must go through it.</summary>
    public static async Task<Stamp> NewestStampAsync(IRowAccess store, string tenantId, string? userId, string? sessionId, CancellationToken cancellationToken)
    {
        var newest = Stamp.None;
        var (statement, scope) = userId is not null ? (NewestOfUser, userId) : (NewestOfSession, sessionId);
        await foreach (var stamp in store.QueryAsync(statement, [tenantId, scope], row => row.Stamp(0), cancellationToken).ConfigureAwait(false))
            newest = Stamp.Max(newest, stamp);
        return newest;
    }

    /// <summary>How a store stands to an erasure, read from its tables: what it covers there, and what of that still has content.</summary>
    public static Task<ErasureLook> LookAsync(IRowAccess store, Row erasure, CancellationToken cancellationToken) =>
        LookAsync(store, erasure.TenantId, erasure.UserId, erasure.SessionId, new Stamp((Guid)erasure["through"]!), erasure.Id, cancellationToken);

    /// <summary>How many rows an erasure of a user or a session would cover, and how many of them have content.</summary>
    public static Task<ErasureLook> CountAsync(IRowAccess store, string tenantId, string? userId, string? sessionId, CancellationToken cancellationToken) =>
        LookAsync(store, tenantId, userId, sessionId, new Stamp(Guid.AllBitsSet), Guid.Empty, cancellationToken);

    private static async Task<ErasureLook> LookAsync(IRowAccess store, string tenantId, string? userId, string? sessionId, Stamp through, Guid erasureId, CancellationToken cancellationToken)
    {
        var (statement, scope) = userId is not null ? (LookAtUser, userId) : (LookAtSession, sessionId);
        return await store.QueryAsync(statement, [tenantId, scope, through, erasureId],
            row => new ErasureLook(row.Integer(0) == 1, row.Integer(1) == 1, row.Integer(2), row.Integer(3)), cancellationToken).FirstAsync(cancellationToken).ConfigureAwait(false);
    }

    // One statement, one snapshot: content that came after the erasure was seen cannot be missed.
    private static Statement Look(string scope) => new($$"""
        select (select count(*) from {erasures} where tenant_id = $1 and id = $4), (select count(*) from {erasure_sweeps} where tenant_id = $1 and erasure_id = $4),
          cast(sum(covered) as bigint), cast(sum(with_content) as bigint)
        from ({{string.Join("\nunion all ", Tables.Erasable.Select(table => $"select count(*) as covered, count(*) filter (where {HasContent(table)}) as with_content from {{{table.Name}}} where tenant_id = $1 and {scope} = $2 and stamp <= $3"))}}) as of_tables
        """) { MayTakeLong = true };

    // "loser" is PostgreSQL's alone, and empty whenever a transaction has ended.
    private static string HasContent(Table table) => string.Join(" or ", table.Columns.Where(column => column.Erasable && column.Name != "loser").Select(column => $"{column.Name} is not null"));

    // One newest per table: PostgreSQL below 18 has no max() of a uuid.
    private static Statement Newest(string scope) => new(string.Join(" union all ", Tables.All.Where(table => table.IsMerged && table != Tables.Erasures)
        .Select(table => $"select stamp from (select stamp from {{{table.Name}}} where tenant_id = $1 and {scope} = $2 order by stamp desc limit 1) as newest_of_{table.Name}")));
}

/// <summary>How a store stands to an erasure at one moment.</summary>
/// <param name="IsKnown">The store has the erasure.</param>
/// <param name="IsPending">Transactions from before it may still write; the store is to be swept once they have ended.</param>
/// <param name="Rows">Rows of its scope up to its stamp.</param>
/// <param name="RowsWithContent">Those of them that are not empty.</param>
internal readonly record struct ErasureLook(bool IsKnown, bool IsPending, long Rows, long RowsWithContent)
{
    public bool IsEmptied => this is { IsKnown: true, IsPending: false, RowsWithContent: 0 };
}
