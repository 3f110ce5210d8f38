using Holdfast.Rows;

namespace Holdfast.Stores.Queries;

/// <summary>What export and import read: whole tenants, so these may take long.</summary>
internal static class ExchangeQueries
{
    // $2 user or null, $3 session or null, $4 also what was deleted.
    private static readonly Statement Memories = new(
        $$"""
        select {{SessionQueries.Columns}} from {session_memories} m
        where m.tenant_id = $1 and ($2::text is null or m.user_id = $2) and ($3::text is null or m.session_id = $3) and m.content is not null and m.session_id is not null
          and ($4 or (
            not exists (select 1 from {lives} l where l.tenant_id = $1 and l.key = 'session_memories/' || replace(m.id::text, '-', '') and l.state = 'deleted')
            and m.session_id <> all (array(select l.target_key from {lives} l where l.tenant_id = $1 and l.target_table = 'sessions' and l.state = 'deleted'))))
        order by m.stamp, m.id
        """,
        $$"""
        select {{SessionQueries.Columns}} from session_memories m
        where m.tenant_id = $1 and ($2 is null or m.user_id = $2) and ($3 is null or m.session_id = $3) and m.content is not null and m.session_id is not null
          and ($4 or (
            lower(hex(m.id)) not in (select l.target_key from lives l where l.tenant_id = $1 and l.target_table = 'session_memories' and l.state = 'deleted')
            and m.session_id not in (select l.target_key from lives l where l.tenant_id = $1 and l.target_table = 'sessions' and l.state = 'deleted')))
        order by m.stamp, m.id
        """) { MayTakeLong = true };

    private static readonly Statement Sessions = new(
        """
        select s.key, s.user_id, s.stamp, s.occurred_at, s.content, coalesce(l.state, 'alive')
        from {sessions} s left join {lives} l on l.tenant_id = s.tenant_id and l.key = 'sessions/' || replace(replace(s.key, '\', '\\'), '/', '\/')
        where s.tenant_id = $1 and ($2::text is null or s.user_id = $2) and ($3::text is null or s.key = $3) and s.content is not null and ($4 or coalesce(l.state, 'alive') = 'alive')
        order by s.stamp, s.key
        """,
        """
        select s.key, s.user_id, s.stamp, s.occurred_at, s.content, coalesce(l.state, 'alive')
        from sessions s left join lives l on l.tenant_id = s.tenant_id and l.key = 'sessions/' || replace(replace(s.key, '\', '\\'), '/', '\/')
        where s.tenant_id = $1 and ($2 is null or s.user_id = $2) and ($3 is null or s.key = $3) and s.content is not null and ($4 or coalesce(l.state, 'alive') = 'alive')
        order by s.stamp, s.key
        """) { MayTakeLong = true };

    // The keys come as a JSON array: one parameter in both dialects.
    private static readonly Statement Known = new(
        "select key from {sessions} where tenant_id = $1 and key = any (array(select json_array_elements_text($2::json)))",
        "select key from sessions where tenant_id = $1 and key in (select value from json_each($2))");

    /// <summary>In the order of their stamps.</summary>
    public static IAsyncEnumerable<T> MemoriesAsync<T>(
        IRowAccess store, string tenantId, string? userId, string? sessionId, bool withDeleted, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.QueryAsync(Memories, [tenantId, userId, sessionId, withDeleted], read, cancellationToken);

    /// <summary>In the order of their revisions.</summary>
    public static IAsyncEnumerable<T> SessionsAsync<T>(
        IRowAccess store, string tenantId, string? userId, string? sessionId, bool withDeleted, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.QueryAsync(Sessions, [tenantId, userId, sessionId, withDeleted], read, cancellationToken);

    /// <summary>Of these sessions, those that are registered.</summary>
    public static async Task<IReadOnlySet<string>> KnownSessionsAsync(IRowAccess store, string tenantId, IReadOnlyList<string> sessionIds, CancellationToken cancellationToken) =>
        await store.QueryAsync(Known, [tenantId, $"[{string.Join(',', sessionIds.Select(JsonText.Quote))}]"], row => row.Text(0), cancellationToken)
            .ToHashSetAsync(StringComparer.Ordinal, cancellationToken).ConfigureAwait(false);
}
