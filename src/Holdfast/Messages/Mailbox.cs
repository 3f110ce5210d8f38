using System.Text.Json;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast;

/// <summary>Messages between agents, each to one agent, kept in the order in which they were sent; what was read is marked, never removed.</summary>
public sealed class Mailbox
{
    private readonly MemoryWriter _writer;

    internal Mailbox(MemoryWriter writer) => _writer = writer;

    /// <summary>Sends a message; once this has returned it is on the disk of the store.</summary>
    /// <param name="from">Who sends it (at most 512 bytes).</param>
    /// <param name="to">Who is to read it (at most 512 bytes).</param>
    /// <param name="type">What it is.</param>
    /// <param name="content">Any JSON of at most 16 MiB and 64 levels.</param>
    /// <param name="options">Key, time, owner and metadata.</param>
    /// <param name="cancellationToken">Releases the caller; the message may have been written.</param>
    /// <exception cref="InvalidInputException">Something of it cannot be kept unchanged; nothing was written.</exception>
    public Task<AppendReceipt> SendAsync(string from, string to, AgentMessageType type, JsonElement content, AgentMessageOptions? options = null, CancellationToken cancellationToken = default) =>
        AppendAsync(from, to, type, JsonContent.Of("content", content) ?? throw new InvalidInputException("content", "is missing; give it any JSON value."), options ?? AgentMessageOptions.None, cancellationToken);

    /// <summary>Sends a text.</summary>
    public Task<AppendReceipt> SendAsync(string from, string to, AgentMessageType type, string text, AgentMessageOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return AppendAsync(from, to, type, JsonContent.OfText("content", text)!, options ?? AgentMessageOptions.None, cancellationToken);
    }

    /// <summary>What an agent has not marked read, the oldest first.</summary>
    /// <param name="agent">Whose messages.</param>
    /// <param name="countMax">At most this many.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<IReadOnlyList<AgentMessage>> UnreadAsync(string agent, int countMax = 100, CancellationToken cancellationToken = default)
    {
        Check.Id("to_agent", agent);
        ArgumentOutOfRangeException.ThrowIfNegative(countMax);
        return await MessageQueries.UnreadAsync(_writer.Store, _writer.TenantId, agent, Stamp.None, countMax, AgentMessage.Read, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All that was sent to an agent, read or not, from <paramref name="after"/> (exclusive) on, in its order and at constant memory.</summary>
    public IAsyncEnumerable<AgentMessage> ReadAsync(string agent, Stamp after = default, CancellationToken cancellationToken = default) =>
        MessageQueries.AfterAsync(_writer.Store, _writer.TenantId, Check.Id("to_agent", agent), after, long.MaxValue, AgentMessage.Read, cancellationToken);

    /// <summary>
    /// Marks a message read. Any number of times, from any process, is one mark per message and reader: the receipt says
    /// whether it was new. The message need not have arrived on this store yet.
    /// </summary>
    /// <param name="messageId">Which message.</param>
    /// <param name="reader">Who read it; for <see cref="UnreadAsync"/> that is the agent that it was sent to.</param>
    /// <param name="cancellationToken">Releases the caller.</param>
    public Task<AppendReceipt> MarkReadAsync(Guid messageId, string reader, CancellationToken cancellationToken = default)
    {
        Check.Id("reader", reader);
        // Message and reader together are longer than a key may be, so their hash is the key.
        var key = RowId.FromKey(_writer.TenantId, Tables.ReadMarks.Name, messageId.ToString("D"), reader).ToString("D");
        return _writer.AppendAsync(new RowDraft(Tables.ReadMarks, [messageId, reader]) { Key = key }, cancellationToken);
    }

    private Task<AppendReceipt> AppendAsync(string from, string to, AgentMessageType type, string contentJson, AgentMessageOptions options, CancellationToken cancellationToken) =>
        _writer.AppendAsync(new RowDraft(Tables.AgentMessages, [EnumText<AgentMessageType>.Of(type), from, to, contentJson, JsonContent.Of("metadata", options.Metadata)])
        {
            UserId = options.UserId,
            SessionId = options.SessionId,
            Key = options.Key,
            OccurredAt = options.OccurredAt,
        }, cancellationToken);
}
