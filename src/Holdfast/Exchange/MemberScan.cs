using System.Text;
using System.Text.Json;
using Holdfast.Rows;

namespace Holdfast.Exchange;

/// <summary>What lines of JSONL and messages of an OpenAI-style array may have.</summary>
internal enum LineMember
{
    TenantId, UserId, SessionId, Id, RowId, Stamp, Revision, Role, MemoryType, Author, Name, Content, CreatedAt, Metadata, Messages,
}

/// <summary>
/// Where the members of one JSON object stand in its bytes, found in a single pass without making objects. Reused from line
/// to line.
/// </summary>
internal sealed class MemberScan
{
    private static readonly int Count = Enum.GetValues<LineMember>().Length;

    private readonly (int Start, int Length, JsonTokenType Type)[] _members = new (int, int, JsonTokenType)[Count];
    private readonly List<(string Name, int Start, int Length)> _others = [];
    private ReadOnlyMemory<byte> _json;

    /// <summary>Members of other names, as they stand there; those that are null or an empty array are left out.</summary>
    public IReadOnlyList<(string Name, int Start, int Length)> Others => _others;

    /// <summary>Reads the object through to its end.</summary>
    /// <exception cref="JsonException">It is no JSON object, or something comes after it.</exception>
    public void Scan(ReadOnlyMemory<byte> json)
    {
        _json = json;
        Array.Clear(_members);
        _others.Clear();
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = int.MaxValue });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("expected an object, {…}.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = Known(ref reader);
            var name = member is null ? NameOf(ref reader) : null;
            reader.Read();
            var type = reader.TokenType;
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            var length = (int)reader.BytesConsumed - start;
            if (member is { } known) _members[(int)known] = (start, length, type);
            else if (type != JsonTokenType.Null && !(type == JsonTokenType.StartArray && length == 2)) _others.Add((name!, start, length));
        }
        // Something behind the object is found by reading on.
        reader.Read();
    }

    /// <summary>True when it is there, be it null.</summary>
    public bool Has(LineMember member) => _members[(int)member].Length > 0;

    public JsonTokenType TypeOf(LineMember member) => _members[(int)member].Type;

    /// <summary>The member's JSON as it stands there.</summary>
    public ReadOnlySpan<byte> Raw(LineMember member) => Memory(member).Span;

    public ReadOnlyMemory<byte> Memory(LineMember member) => _json.Slice(_members[(int)member].Start, _members[(int)member].Length);

    public ReadOnlySpan<byte> Raw((string Name, int Start, int Length) other) => _json.Span.Slice(other.Start, other.Length);

    /// <summary>A text; null when it is absent or null.</summary>
    /// <exception cref="InvalidInputException">It is something else.</exception>
    public string? Text(LineMember member, string field)
    {
        if (!Has(member) || TypeOf(member) == JsonTokenType.Null) return null;
        if (TypeOf(member) != JsonTokenType.String) throw new InvalidInputException(field, $"is {Article(TypeOf(member))}; it must be a text.");
        var raw = Raw(member);
        return raw.Contains((byte)'\\') ? JsonContent.Unescape(field, raw) : Encoding.UTF8.GetString(raw[1..^1]);
    }

    public static string Article(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "true or false",
        JsonTokenType.Null => "null",
        _ => "a text",
    };

    private static string NameOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new JsonException("a member's name has an unpaired surrogate.");
        }
    }

    private static LineMember? Known(ref Utf8JsonReader reader)
    {
        var name = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(NameOf(ref reader)) : reader.ValueSpan;
        return name.Length switch
        {
            2 => name.SequenceEqual("id"u8) ? LineMember.Id : null,
            4 => name.SequenceEqual("role"u8) ? LineMember.Role : name.SequenceEqual("name"u8) ? LineMember.Name : null,
            5 => name.SequenceEqual("stamp"u8) ? LineMember.Stamp : null,
            6 => name.SequenceEqual("author"u8) ? LineMember.Author : name.SequenceEqual("row_id"u8) ? LineMember.RowId : null,
            7 => name.SequenceEqual("content"u8) ? LineMember.Content : name.SequenceEqual("user_id"u8) ? LineMember.UserId : null,
            8 => name.SequenceEqual("metadata"u8) ? LineMember.Metadata : name.SequenceEqual("revision"u8) ? LineMember.Revision : name.SequenceEqual("messages"u8) ? LineMember.Messages : null,
            9 => name.SequenceEqual("tenant_id"u8) ? LineMember.TenantId : null,
            10 => name.SequenceEqual("created_at"u8) ? LineMember.CreatedAt : name.SequenceEqual("session_id"u8) ? LineMember.SessionId : null,
            11 => name.SequenceEqual("memory_type"u8) ? LineMember.MemoryType : null,
            _ => null,
        };
    }
}
