using System.Text;
using Holdfast.Rows;

namespace Holdfast.Exchange;

/// <summary>Lines of Holdfast JSONL. What is absent is left out, so that equal memories are equal lines.</summary>
internal static class MemoryLine
{
    public static void Write(StringBuilder line, string tenantId, SessionMemory memory)
    {
        Scope(line, memory.UserId, memory.SessionId);
        if (memory.Type switch { MemoryType.MessageUser => "user", MemoryType.MessageAssistant => "assistant", MemoryType.MessageSystem => "system", MemoryType.MessageTool => "tool", _ => null } is { } role)
            Text(line, "role", role);
        else
            Text(line, "memory_type", EnumText<MemoryType>.Of(memory.Type));
        Text(line, "author", memory.Author);
        Json(line, "content", memory.ContentJson);
        Text(line, "created_at", Rfc3339.Of(memory.OccurredAt));
        Json(line, "metadata", memory.MetadataJson);
        Text(line, "id", memory.Key);
        Text(line, "tenant_id", tenantId);
        Text(line, "stamp", memory.Stamp.ToString());
        // Imported without a key: its identity is a hash that no other member tells.
        if (memory.Key is null && memory.Id != memory.Stamp.Value) Text(line, "row_id", memory.Id.ToString("D"));
        line.Append("}\n");
    }

    /// <summary>Title and metadata of a session. They have a revision in place of a stamp: they are no part of the order of messages.</summary>
    public static void Write(StringBuilder line, string tenantId, SessionInfo session)
    {
        Scope(line, session.UserId, session.Id);
        Text(line, "memory_type", EnumText<MemoryType>.Of(MemoryType.SessionMetadata));
        Json(line, "content", SessionContent.Write(session));
        Text(line, "created_at", Rfc3339.Of(session.ChangedAt));
        Text(line, "tenant_id", tenantId);
        Text(line, "revision", session.Revision.ToString());
        line.Append("}\n");
    }

    /// <summary>A row of <c>session_memories</c>, without the line feed.</summary>
    public static string Of(Row row)
    {
        var line = new StringBuilder();
        Write(line, row.TenantId, new SessionMemory
        {
            Id = row.Id,
            Stamp = row.Stamp,
            UserId = row.UserId,
            SessionId = row.SessionId!,
            Key = row.Key,
            OccurredAt = row.OccurredAt,
            Type = EnumText<MemoryType>.TryParse(row.Text("memory_type"), out var type) ? type : default,
            Author = row.Text("author"),
            ContentJson = row.Text("content")!,
            MetadataJson = row.Text("metadata"),
        });
        return line.ToString(0, line.Length - 1);
    }

    private static void Scope(StringBuilder line, string? userId, string sessionId)
    {
        line.Append('{');
        if (userId is not null) line.Append("\"user_id\":").Append(JsonText.Quote(userId)).Append(',');
        line.Append("\"session_id\":").Append(JsonText.Quote(sessionId));
    }

    private static void Text(StringBuilder line, string name, string? value)
    {
        if (value is not null) Json(line, name, JsonText.Quote(value));
    }

    private static void Json(StringBuilder line, string name, string? json)
    {
        if (json is not null) line.Append(",\"").Append(name).Append("\":").Append(json);
    }
}
