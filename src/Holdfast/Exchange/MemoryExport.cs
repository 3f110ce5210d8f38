using System.Buffers;
using System.Text;
using Holdfast.Exchange;
using Holdfast.Rows;
using Holdfast.Stores.Queries;

namespace Holdfast;

/// <summary>What is exported. The defaults: everything of the memory's tenant that was not deleted.</summary>
public sealed record ExportOptions
{
    /// <summary>Only of this user.</summary>
    public string? UserId { get; init; }

    /// <summary>Only this session.</summary>
    public string? SessionId { get; init; }

    /// <summary>True: also deleted messages and sessions; their lines do not say that they were deleted.</summary>
    public bool WithDeleted { get; init; }

    /// <summary>Is told now and then how far the export is.</summary>
    public IProgress<ExportResult>? Progress { get; init; }
}

/// <summary>What an export wrote.</summary>
/// <param name="Memories">Messages and records.</param>
/// <param name="Sessions">Lines with the title or metadata of a session.</param>
/// <param name="Bytes">Bytes written.</param>
public readonly record struct ExportResult(long Memories, long Sessions, long Bytes);

/// <summary>
/// Writes memory as Holdfast JSONL, one object a line, at constant memory: first the sessions that have a title, metadata or a start
/// of their own, then messages and records in the order of <c>stamp</c>. <see cref="MemoryImport"/> makes the same memory of it.
/// </summary>
/// <remarks>
/// Members: <c>user_id</c>, <c>session_id</c>, <c>role</c> (messages) or <c>memory_type</c> (records), <c>author</c>, <c>content</c>,
/// <c>created_at</c>, <c>metadata</c>, <c>id</c> (the caller's key), <c>tenant_id</c>, <c>stamp</c>, <c>row_id</c> (the identity of what was
/// imported without a key). Absent values are left out. A session is a line with <c>memory_type</c> <c>session_metadata</c>, <c>revision</c> and
/// the content <c>title</c>, <c>metadata</c>, <c>started_at</c>. Erased rows have no content and are not written.
/// </remarks>
public sealed class MemoryExport(AgentMemory memory)
{
    private const int ChunkChars = 32 * 1024;

    /// <summary>Writes to a stream, which stays open.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer; what was written is not the whole.</exception>
    public async Task<ExportResult> WriteAsync(Stream target, ExportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        var given = options ?? new ExportOptions();
        Check.Text("user_id", given.UserId);
        if (given.SessionId is not null) Check.Id("session_id", given.SessionId);
        var (store, tenantId) = (memory.Writer.Store, memory.TenantId);
        var lines = new StringBuilder();
        var written = default(ExportResult);

        await foreach (var session in ExchangeQueries.SessionsAsync(store, tenantId, given.UserId, given.SessionId, given.WithDeleted, SessionInfo.Read, cancellationToken).ConfigureAwait(false))
        {
            if (SaysNothing(session, tenantId)) continue;
            MemoryLine.Write(lines, tenantId, session);
            written = written with { Sessions = written.Sessions + 1 };
            if (lines.Length >= ChunkChars) written = await FlushAsync(target, lines, written, given.Progress, cancellationToken).ConfigureAwait(false);
        }
        await foreach (var one in ExchangeQueries.MemoriesAsync(store, tenantId, given.UserId, given.SessionId, given.WithDeleted, SessionMemory.Read, cancellationToken).ConfigureAwait(false))
        {
            MemoryLine.Write(lines, tenantId, one);
            written = written with { Memories = written.Memories + 1 };
            if (lines.Length >= ChunkChars) written = await FlushAsync(target, lines, written, given.Progress, cancellationToken).ConfigureAwait(false);
        }
        written = await FlushAsync(target, lines, written, given.Progress, cancellationToken).ConfigureAwait(false);
        await target.FlushAsync(cancellationToken).ConfigureAwait(false);
        return written;
    }

    // An import made it of the session's first line, and the next one will make it again.
    private static bool SaysNothing(SessionInfo session, string tenantId) =>
        session.Title is null && session.Metadata is null && session.Revision == Placement.ImpliedStamp(tenantId, session.Id, session.StartedAt);

    private static async Task<ExportResult> FlushAsync(Stream target, StringBuilder lines, ExportResult written, IProgress<ExportResult>? progress, CancellationToken cancellationToken)
    {
        var bytes = 0;
        foreach (var chunk in lines.GetChunks()) bytes += Encoding.UTF8.GetMaxByteCount(chunk.Length);
        var buffer = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            // A chunk may end within a surrogate pair: the encoder keeps the half.
            var encoder = Encoding.UTF8.GetEncoder();
            var count = 0;
            foreach (var chunk in lines.GetChunks()) count += encoder.GetBytes(chunk.Span, buffer.AsSpan(count), flush: false);
            await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            written = written with { Bytes = written.Bytes + count };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        lines.Clear();
        progress?.Report(written);
        return written;
    }
}
