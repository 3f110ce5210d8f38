using Holdfast.Rows;

namespace Holdfast.Stores.Queries;

internal static class ErasureQueries
{
    private static readonly Statement All = new("select user_id, session_id, through from {erasures} where tenant_id = $1");

    private static readonly Statement NewestOfUser = Newest("user_id");
    private static readonly Statement NewestOfSession = Newest("session_id");

    public static IAsyncEnumerable<(string? UserId, string? SessionId, Stamp Through)> ReadAsync(IRowAccess store, string tenantId, CancellationToken cancellationToken) =>
        store.QueryAsync(All, [tenantId], row => (row.TextOrNull(0), row.TextOrNull(1), row.Stamp(2)), cancellationToken);

    /// <summary>The highest stamp that the store holds of a user or of a session: an erasure must go through it.</summary>
    public static async Task<Stamp> NewestStampAsync(IRowAccess store, string tenantId, string? userId, string? sessionId, CancellationToken cancellationToken)
    {
        var newest = Stamp.None;
        var (statement, scope) = userId is not null ? (NewestOfUser, userId) : (NewestOfSession, sessionId);
        await foreach (var stamp in store.QueryAsync(statement, [tenantId, scope], row => row.Stamp(0), cancellationToken).ConfigureAwait(false))
            newest = Stamp.Max(newest, stamp);
        return newest;
    }

    // One newest per table: PostgreSQL below 18 has no max() of a uuid.
    private static Statement Newest(string scope) => new(string.Join(" union all ", Tables.All.Where(table => table.IsMerged && table != Tables.Erasures)
        .Select(table => $"select stamp from (select stamp from {{{table.Name}}} where tenant_id = $1 and {scope} = $2 order by stamp desc limit 1) as newest_of_{table.Name}")));
}
