using Holdfast.Rows;

namespace Holdfast.Stores.Queries;

/// <summary>What is read of the messages between agents; erased ones are left out.</summary>
internal static class MessageQueries
{
    private const string IsRead = "exists (select 1 from {read_marks} r where r.tenant_id = m.tenant_id and r.message_id = m.id and r.reader = $2)";

    private static readonly Statement After = Select("true");
    private static readonly Statement Unread = Select($"not {IsRead}");

    public static IAsyncEnumerable<AgentMessage> AfterAsync(IStore store, string tenantId, string agent, Stamp after, long countMax, CancellationToken cancellationToken) =>
        store.QueryAsync(After, [tenantId, agent, after, countMax], Read, cancellationToken);

    public static IAsyncEnumerable<AgentMessage> UnreadAsync(IStore store, string tenantId, string agent, Stamp after, long countMax, CancellationToken cancellationToken) =>
        store.QueryAsync(Unread, [tenantId, agent, after, countMax], Read, cancellationToken);

    private static Statement Select(string where) => new($$"""
        select m.id, m.stamp, m.user_id, m.session_id, m.key, m.occurred_at, m.message_type, m.from_agent, m.to_agent, m.content, m.metadata, {{IsRead}}
        from {agent_messages} m
        where m.tenant_id = $1 and m.to_agent = $2 and m.stamp > $3 and m.content is not null and {{where}}
        order by m.stamp limit $4
        """);

    private static AgentMessage Read(StoreReader row) => new()
    {
        Id = row.Uuid(0),
        Stamp = row.Stamp(1),
        UserId = row.TextOrNull(2),
        SessionId = row.TextOrNull(3),
        Key = row.TextOrNull(4),
        OccurredAt = row.Time(5),
        Type = EnumText<AgentMessageType>.TryParse(row.Text(6), out var type) ? type : throw new SchemaException($"'{row.Text(6)}' is a message type that this program does not know. Update it."),
        From = row.Text(7),
        To = row.Text(8),
        ContentJson = row.Text(9),
        MetadataJson = row.TextOrNull(10),
        IsRead = row.Boolean(11),
    };
}
