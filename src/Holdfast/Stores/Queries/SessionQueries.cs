using Holdfast.Rows;

namespace Holdfast.Stores.Queries;

/// <summary>What is read of sessions. Erased rows (without content) and deleted messages are left out.</summary>
internal static class SessionQueries
{
    /// <summary>What a reader of memories gets, in this order; a search has the score behind it.</summary>
    public const string Columns = "m.id, m.stamp, m.user_id, m.session_id, m.key, m.occurred_at, m.memory_type, m.author, m.content, m.metadata";

    private static readonly Statement After = Page("m.stamp > $3", "asc");
    private static readonly Statement Before = Page("m.stamp < $3", "desc");

    private static readonly Statement LastStamp = new(
        "select stamp from {session_memories} where tenant_id = $1 and session_id = $2 order by stamp desc limit 1");

    // The words of the query in any number; what has more of them, and rarer places of them, comes first. The local file's
    // rank is BM25 (negative: lower is better), PostgreSQL's is ts_rank; both are only compared within one answer.
    private static readonly Statement Search = new(
        Searching($"{SearchText} @@ q.query"),
        $$"""
        select {{Columns}}, -bm25(session_memories_text) as score
        from session_memories_text join session_memories m on m.feed = session_memories_text.rowid
        where session_memories_text match $2 and m.tenant_id = $1 and ($3 is null or m.user_id = $3) and ($4 is null or m.session_id = $4) and m.content is not null
          and lower(hex(m.id)) not in (select l.target_key from lives l where l.tenant_id = $1 and l.target_table = 'session_memories' and l.state = 'deleted')
          and not exists (select 1 from lives d where d.tenant_id = $1 and d.key = 'sessions/' || replace(replace(m.session_id, '\', '\\'), '/', '\/') and d.state = 'deleted')
        order by score desc, m.stamp desc limit $5
        """)
    {
        // The words of every row of the tenant would be computed: only what the index has found is looked at.
        UnderRowSecurity = Searching("m.id = any (array(select {schema}.matching($1, $2)))"),
    };

    private static string Searching(string matches) =>
        $$"""
        select {{Columns}}, ts_rank({{SearchText}}, q.query) as score
        from {session_memories} m, (select to_tsquery('english'::regconfig, $2) as query) q
        where m.tenant_id = $1 and {{matches}} and ($3::text is null or m.user_id = $3) and ($4::text is null or m.session_id = $4) and m.content is not null
          and m.id <> all (array(select l.target_key::uuid from {lives} l where l.tenant_id = $1 and l.target_table = 'session_memories' and l.state = 'deleted'))
          and not exists (select 1 from {lives} d where d.tenant_id = $1 and d.key = 'sessions/' || replace(replace(m.session_id, '\', '\\'), '/', '\/') and d.state = 'deleted')
        order by score desc, m.stamp desc limit $5
        """;

    // Word for word the expression of the index session_memories_text_idx, else the index is not used.
    internal const string SearchText = """
        to_tsvector('english'::regconfig, left(case when json_typeof(m.content) = 'string' then m.content #>> '{}' else replace(replace(replace(m.content #>> '{}', '\n', ' '), '\t', ' '), '\"', ' ') end, 100000))
        """;

    private static readonly Statement List = new($$"""
        select s.key, s.user_id, s.stamp, s.occurred_at, s.content, coalesce(l.state, 'alive')
        from {sessions} s left join {lives} l on l.tenant_id = s.tenant_id and l.key = 'sessions/' || replace(replace(s.key, '\', '\\'), '/', '\/')
        where s.tenant_id = $1 and s.user_id = $2 and s.stamp < $3 and s.content is not null and (coalesce(l.state, 'alive') = 'alive' or $4)
        order by s.stamp desc limit $5
        """);

    private static readonly Statement ListAll = new(List.Postgres.Replace("s.user_id = $2", "$2 is null", StringComparison.Ordinal)
        .Replace("$2 is null", "$2::text is null", StringComparison.Ordinal), List.Sqlite.Replace("s.user_id = $2", "$2 is null", StringComparison.Ordinal));

    private static readonly Statement One = new($$"""
        select s.key, s.user_id, s.stamp, s.occurred_at, s.content, coalesce(l.state, 'alive')
        from {sessions} s left join {lives} l on l.tenant_id = s.tenant_id and l.key = $3
        where s.tenant_id = $1 and s.key = $2
        """);

    public static IAsyncEnumerable<T> AfterAsync<T>(IRowAccess store, string tenantId, string sessionId, Stamp after, long countMax, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.QueryAsync(After, [tenantId, sessionId, after, countMax], read, cancellationToken);

    /// <summary>The newest first.</summary>
    public static IAsyncEnumerable<T> BeforeAsync<T>(IRowAccess store, string tenantId, string sessionId, Stamp before, long countMax, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.QueryAsync(Before, [tenantId, sessionId, before, countMax], read, cancellationToken);

    public static async Task<Stamp> LastStampAsync(IRowAccess store, string tenantId, string sessionId, CancellationToken cancellationToken) =>
        await store.QueryAsync(LastStamp, [tenantId, sessionId], row => row.Stamp(0), cancellationToken).FirstOrDefaultAsync(cancellationToken).ConfigureAwait(false);

    public static IAsyncEnumerable<(T Memory, double Score)> SearchAsync<T>(
        IRowAccess store, string tenantId, SearchWords words, string? userId, string? sessionId, long countMax, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.QueryAsync(Search, [tenantId, words, userId, sessionId, countMax], row => (read(row), row.Real(10)), cancellationToken);

    public static IAsyncEnumerable<T> ListAsync<T>(
        IRowAccess store, string tenantId, string? userId, Stamp before, bool withDeleted, long countMax, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.QueryAsync(userId is null ? ListAll : List, [tenantId, userId, before, withDeleted, countMax], read, cancellationToken);

    public static IAsyncEnumerable<T> OneAsync<T>(IRowAccess store, string tenantId, string sessionId, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.QueryAsync(One, [tenantId, sessionId, RegisterKey.Join("sessions", sessionId)], read, cancellationToken);

    private static Statement Page(string range, string order)
    {
        const string Deleted = "(select l.target_key{0} from {{lives}} l where l.tenant_id = $1 and l.target_session = $2 and l.state = 'deleted')";
        string Sql(string notDeleted) => $$"""
            select {{Columns}} from {session_memories} m
            where m.tenant_id = $1 and m.session_id = $2 and {{range}} and m.content is not null and {{notDeleted}}
            order by m.stamp {{order}} limit $4
            """;
        // Evaluated once, not per message: both read the few deleted ones first.
        return new Statement(
            Sql($"m.id <> all (array{string.Format(System.Globalization.CultureInfo.InvariantCulture, Deleted, "::uuid")})"),
            Sql($"lower(hex(m.id)) not in {string.Format(System.Globalization.CultureInfo.InvariantCulture, Deleted, "")}"));
    }
}
