using Holdfast.Rows;

namespace Holdfast.Stores.Queries;

/// <summary>What is read of the messages between agents; erased ones are left out.</summary>
internal static class MessageQueries
{
    private const string IsRead = "exists (select 1 from {read_marks} r where r.tenant_id = m.tenant_id and r.message_id = m.id and r.reader = $2)";

    private static readonly Statement After = Select("true");
    private static readonly Statement Unread = Select($"not {IsRead}");

    public static IAsyncEnumerable<T> AfterAsync<T>(IRowAccess store, string tenantId, string agent, Stamp after, long countMax, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.QueryAsync(After, [tenantId, agent, after, countMax], read, cancellationToken);

    public static IAsyncEnumerable<T> UnreadAsync<T>(IRowAccess store, string tenantId, string agent, Stamp after, long countMax, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.QueryAsync(Unread, [tenantId, agent, after, countMax], read, cancellationToken);

    private static Statement Select(string where) => new($$"""
        select m.id, m.stamp, m.user_id, m.session_id, m.key, m.occurred_at, m.message_type, m.from_agent, m.to_agent, m.content, m.metadata, {{IsRead}}
        from {agent_messages} m
        where m.tenant_id = $1 and m.to_agent = $2 and m.stamp > $3 and m.content is not null and {{where}}
        order by m.stamp limit $4
        """);
}
