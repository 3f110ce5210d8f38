using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Rows;

namespace Holdfast.Exchange;

/// <summary>
/// Gives every message of a source its identity and its place, the same whenever and from wherever the source is imported.
/// </summary>
/// <remarks>
/// <para>A stamp that the source brings is taken. Else it is the original millisecond, but above its predecessor in the same
/// session, with the tail of the identity. A line without a time has its predecessor's in the session.</para>
/// <para>The identity is the key's, else the one that the source brings (<c>row_id</c>, <c>stamp</c>), else a hash of session, type, author, content,
/// metadata and time, and of the ordinal among equal ones of the session: neither the file's name nor the line's number, so
/// that a file that was moved, split, joined with others or continued adds nothing that is there.</para>
/// <para>Memory is bounded: the last <see cref="SessionsMax"/> sessions and the last <see cref="ContentsMax"/> contents
/// without key or stamp are remembered. Of two equal lines of one session that are further apart the second is taken
/// for the first; a session that comes again after so many others may stand in the order of its times alone.</para>
/// </remarks>
internal sealed class Placement(string tenantId, DateTimeOffset timeWhereMissing)
{
    /// <summary>At least this many sessions are remembered.</summary>
    public const int SessionsMax = 32 * 1024;

    /// <summary>At least this many contents are remembered.</summary>
    public const int ContentsMax = 256 * 1024;

    private readonly Generations<string, Placed> _sessions = new(SessionsMax);
    private readonly Generations<ulong, int> _contents = new(ContentsMax);
    private byte[] _buffer = new byte[4096];

    /// <summary>The row, and whether its session is met for the first time.</summary>
    /// <exception cref="InvalidInputException">Something in it cannot be kept.</exception>
    public Row Place(SourceMessage message, out bool isNewSession)
    {
        var sessionId = Check.Id("session_id", message.SessionId ?? throw new InvalidInputException("session_id", "is missing; give it, or name a session for lines without one."));
        isNewSession = !_sessions.TryGet(sessionId, out var before);
        var time = message.CreatedAt ?? TimeOf(message.Stamp ?? message.Revision) ?? (isNewSession ? timeWhereMissing : before.Time);
        var row = message.IsSession ? Session(message, sessionId, time, before) : Memory(message, sessionId, time, before);
        _sessions.Set(sessionId, new Placed(Stamp.Max(before.Stamp, row.Stamp), time));
        return row;
    }

    /// <summary>
    /// The register of a session that its source says nothing of: started with its first line. Its stamp says that it was
    /// made so, and any import makes the same.
    /// </summary>
    public static Row Implied(string tenantId, string sessionId, string? userId, DateTimeOffset startedAt)
    {
        var content = JsonContent.Object(("started_at", Timestamps.ToUnixMicroseconds(startedAt).ToString(CultureInfo.InvariantCulture)));
        return new RegisterDraft(Tables.Sessions, sessionId, content) { UserId = userId, SessionId = sessionId }
            .ToRow(tenantId, ImpliedStamp(tenantId, sessionId, startedAt), null, startedAt);
    }

    /// <summary>The stamp that <see cref="Implied"/> gives.</summary>
    public static Stamp ImpliedStamp(string tenantId, string sessionId, DateTimeOffset startedAt) =>
        Clock.Imported(startedAt, Stamp.None, TailOf(RowId.FromKey(tenantId, Tables.Sessions.Name, sessionId)));

    private Row Session(SourceMessage message, string sessionId, DateTimeOffset time, Placed before)
    {
        var stamp = message.Revision ?? Clock.Imported(time, before.Stamp, TailOf(RowId.FromKey(tenantId, Tables.Sessions.Name, sessionId, message.Content)));
        return new RegisterDraft(Tables.Sessions, sessionId, message.Content) { UserId = message.UserId, SessionId = sessionId }.ToRow(tenantId, stamp, null, time);
    }

    private Row Memory(SourceMessage message, string sessionId, DateTimeOffset time, Placed before)
    {
        var draft = new RowDraft(Tables.SessionMemories, [EnumText<MemoryType>.Of(message.Type), message.Author, message.Content, message.Metadata])
        {
            UserId = message.UserId,
            SessionId = sessionId,
            Key = message.Key,
            OccurredAt = time,
        };
        if (message.Stamp is { } given)
            return message.RowId is { } rowId && message.Key is null ? draft.ToRow(tenantId, given, time) with { Id = rowId } : draft.ToRow(tenantId, given, time);
        if (message.Key is not null) Check.Id("key", message.Key);
        var id = draft.IdOf(tenantId) ?? message.RowId ?? IdOf(message, sessionId);
        return draft.ToRow(tenantId, Clock.Imported(time, before.Stamp, TailOf(id)), time) with { Id = id };
    }

    private Guid IdOf(SourceMessage message, string sessionId)
    {
        var length = 0;
        Add(ref length, tenantId);
        Add(ref length, sessionId);
        Add(ref length, EnumText<MemoryType>.Of(message.Type));
        Add(ref length, message.Author);
        Add(ref length, message.Content);
        Add(ref length, message.Metadata);
        // The time that the source says, not the one that a neighbour lends it.
        Add(ref length, message.CreatedAt is { } time ? Timestamps.ToUnixMicroseconds(time) : long.MinValue);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(_buffer.AsSpan(0, length), hash);
        var content = BinaryPrimitives.ReadUInt64BigEndian(hash);
        var ordinal = _contents.TryGet(content, out var count) ? count : 0;
        _contents.Set(content, ordinal + 1);
        Add(ref length, ordinal);
        SHA256.HashData(_buffer.AsSpan(0, length), hash);
        return RowId.FromHash(hash);
    }

    // Each part goes in with its length before it, so that no two lists of parts meet.
    private void Add(ref int length, string? part)
    {
        Add(ref length, part is null ? -1L : part.Length);
        if (part is null) return;
        Reserve(length + Encoding.UTF8.GetMaxByteCount(part.Length));
        length += Encoding.UTF8.GetBytes(part, _buffer.AsSpan(length));
    }

    private void Add(ref int length, long part)
    {
        Reserve(length + sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(_buffer.AsSpan(length), part);
        length += sizeof(long);
    }

    private void Reserve(int bytes)
    {
        if (bytes > _buffer.Length) Array.Resize(ref _buffer, Math.Max(bytes, _buffer.Length * 2));
    }

    private static DateTimeOffset? TimeOf(Stamp? stamp) =>
        stamp is { } known && DateTimeOffset.UnixEpoch.AddMilliseconds(Math.Min(known.Millisecond, Timestamps.Max.ToUnixTimeMilliseconds())) is var time ? time : null;

    // The identity's 62 free bits; the stamp drops the two lowest of what it is given.
    private static ulong TailOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) << 2;
    }

    private readonly record struct Placed(Stamp Stamp, DateTimeOffset Time);
}
