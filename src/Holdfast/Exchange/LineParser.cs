using System.Text;
using System.Text.Json;
using Holdfast.Rows;

namespace Holdfast.Exchange;

/// <summary>Makes messages of the members that <see cref="MemberScan"/> found.</summary>
internal sealed class LineParser(ImportOptions options)
{
    private const int IgnoredMax = 20;

    // Beside the text these carry what was said; any other member of a line is somebody's own.
    private static readonly HashSet<string> Spoken = new(StringComparer.Ordinal) { "tool_calls", "tool_call_id", "function_call", "refusal", "audio" };

    private readonly HashSet<string> _ignored = new(StringComparer.Ordinal);

    /// <summary>Names of members that were left out.</summary>
    public IReadOnlyList<string> Ignored => [.. _ignored.Order(StringComparer.Ordinal)];

    /// <summary>A line of Holdfast JSONL.</summary>
    /// <exception cref="InvalidInputException">A member is missing or cannot be kept.</exception>
    public SourceMessage Line(MemberScan members)
    {
        foreach (var other in members.Others)
            if (_ignored.Count < IgnoredMax && !Spoken.Contains(other.Name)) _ignored.Add(other.Name);
        var type = TypeOf(members);
        var content = ContentOf(members, type, Spoken.Contains);
        var stamp = StampOf(members, LineMember.Stamp, "stamp");
        var session = type == MemoryType.SessionMetadata && stamp is null ? SessionContent.Read(content) : null;
        return new SourceMessage
        {
            TenantId = members.Text(LineMember.TenantId, "tenant_id"),
            UserId = members.Text(LineMember.UserId, "user_id") ?? options.UserId,
            SessionId = members.Text(LineMember.SessionId, "session_id") ?? options.SessionId,
            Key = members.Text(LineMember.Id, "id"),
            RowId = RowIdOf(members),
            Stamp = stamp,
            Revision = StampOf(members, LineMember.Revision, "revision"),
            IsSession = session is not null,
            Type = type,
            Author = members.Text(LineMember.Author, "author") ?? members.Text(LineMember.Name, "name"),
            Content = session ?? content,
            Metadata = members.Has(LineMember.Metadata) ? JsonContent.OfValid("metadata", members.Raw(LineMember.Metadata)) : null,
            CreatedAt = TimeOf(members),
        };
    }

    /// <summary>A message of an OpenAI-style array; what the array's owner says holds where the message says nothing.</summary>
    public SourceMessage Message(MemberScan members, SourceMessage owner)
    {
        var type = members.Has(LineMember.Role) ? TypeOf(members) : throw Missing("role", "one of: user, assistant, system, tool");
        return owner with
        {
            UserId = members.Text(LineMember.UserId, "user_id") ?? owner.UserId,
            Key = members.Text(LineMember.Id, "id"),
            Stamp = StampOf(members, LineMember.Stamp, "stamp"),
            Type = type,
            Author = members.Text(LineMember.Author, "author") ?? members.Text(LineMember.Name, "name"),
            Content = ContentOf(members, type, static _ => true),
            Metadata = members.Has(LineMember.Metadata) ? JsonContent.OfValid("metadata", members.Raw(LineMember.Metadata)) : owner.Metadata,
            CreatedAt = TimeOf(members) ?? owner.CreatedAt,
        };
    }

    /// <summary>What the owner of a <c>messages</c> array says for all of them.</summary>
    public SourceMessage Owner(MemberScan? members) => new()
    {
        TenantId = members?.Text(LineMember.TenantId, "tenant_id"),
        UserId = members?.Text(LineMember.UserId, "user_id") ?? options.UserId,
        SessionId = members?.Text(LineMember.SessionId, "session_id") ?? options.SessionId,
        Type = MemoryType.MessageUser,
        Content = "",
        CreatedAt = members is null ? null : TimeOf(members),
    };

    // "developer" and "function" are what OpenAI calls, or called, the system and a tool.
    private static MemoryType TypeOf(MemberScan members)
    {
        if (members.Text(LineMember.MemoryType, "memory_type") is { } named)
            return EnumText<MemoryType>.TryParse(named, out var type) ? type : throw new InvalidInputException("memory_type", $"'{Shown(named)}' is none of: {string.Join(", ", EnumText<MemoryType>.All)}.");
        return members.Text(LineMember.Role, "role") switch
        {
            "user" => MemoryType.MessageUser,
            "assistant" => MemoryType.MessageAssistant,
            "system" or "developer" => MemoryType.MessageSystem,
            "tool" or "function" => MemoryType.MessageTool,
            null => throw Missing("role", "role (user, assistant, system, tool) for a message, or memory_type for a record"),
            var other => throw new InvalidInputException("role", $"'{Shown(other)}' is none of: user, assistant, system, tool."),
        };
    }

    private static string ContentOf(MemberScan members, MemoryType type, Func<string, bool> isSpoken)
    {
        var more = false;
        foreach (var other in members.Others) more |= isSpoken(other.Name);
        if (!more || type is not (MemoryType.MessageUser or MemoryType.MessageAssistant or MemoryType.MessageSystem or MemoryType.MessageTool))
            return members.Has(LineMember.Content) ? JsonContent.OfValid("content", members.Raw(LineMember.Content)) : throw Missing("content", "a text or any JSON");

        // A text with calls beside it is kept as one object, in the words of its source.
        var text = new StringBuilder("{");
        if (members.Has(LineMember.Content)) text.Append("\"content\":").Append(JsonContent.OfValid("content", members.Raw(LineMember.Content)));
        foreach (var other in members.Others)
        {
            if (!isSpoken(other.Name)) continue;
            if (text.Length > 1) text.Append(',');
            text.Append(JsonText.Quote(Check.Text("content", other.Name, Limits.JsonBytesMax))).Append(':').Append(JsonContent.OfValid(other.Name, members.Raw(other)));
        }
        return JsonContent.Parse("content", text.Append('}').ToString());
    }

    private static DateTimeOffset? TimeOf(MemberScan members)
    {
        if (!members.Has(LineMember.CreatedAt) || members.TypeOf(LineMember.CreatedAt) == JsonTokenType.Null) return null;
        if (members.TypeOf(LineMember.CreatedAt) == JsonTokenType.String && Rfc3339.TryParse(members.Raw(LineMember.CreatedAt)[1..^1], out var time))
            return Check.Time("created_at", time);
        throw new InvalidInputException("created_at", $"{Shown(Encoding.UTF8.GetString(members.Raw(LineMember.CreatedAt)))} is no time of RFC 3339 such as 2026-01-31T08:15:00Z.");
    }

    private static Stamp? StampOf(MemberScan members, LineMember member, string field) => members.Text(member, field) switch
    {
        null => null,
        var text when Stamp.TryParse(text, out var stamp) => stamp,
        var text => throw new InvalidInputException(field, $"'{Shown(text)}' is no UUID of version 7; leave it out, or give it as an export wrote it."),
    };

    private static Guid? RowIdOf(MemberScan members) => members.Text(LineMember.RowId, "row_id") switch
    {
        null => null,
        var text when Guid.TryParseExact(text, "D", out var id) => id,
        var text => throw new InvalidInputException("row_id", $"'{Shown(text)}' is no UUID; leave it out, or give it as an export wrote it."),
    };

    private static InvalidInputException Missing(string field, string expected) => new(field, $"is missing; give {expected}.");

    private static string Shown(string text) => text.Length <= 64 ? text : string.Concat(text.AsSpan(0, 64), "…");
}
