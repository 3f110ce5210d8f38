using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;
using Microsoft.Extensions.AI;

namespace Holdfast;

/// <summary>
/// A conversation: messages and typed records in the order in which they were said. Every append that has returned is on the
/// disk of the store. Safe for any number of threads.
/// </summary>
public sealed class Session
{
    private const int PageRows = 1_000;

    private readonly MemoryWriter _writer;

    internal Session(MemoryWriter writer, string id, string? userId)
    {
        _writer = writer;
        Id = id;
        UserId = userId;
    }

    /// <summary>The session's id (at most 512 bytes).</summary>
    public string Id { get; }

    /// <summary>The user that it is about, if any.</summary>
    public string? UserId { get; }

    /// <summary>Appends what the user said.</summary>
    public Task<AppendReceipt> AppendUserAsync(string text, AppendOptions? options = null, CancellationToken cancellationToken = default) =>
        AppendTextAsync(MemoryType.MessageUser, text, options, cancellationToken);

    /// <summary>Appends what the assistant said.</summary>
    public Task<AppendReceipt> AppendAssistantAsync(string text, AppendOptions? options = null, CancellationToken cancellationToken = default) =>
        AppendTextAsync(MemoryType.MessageAssistant, text, options, cancellationToken);

    /// <summary>Appends an instruction of the system.</summary>
    public Task<AppendReceipt> AppendSystemAsync(string text, AppendOptions? options = null, CancellationToken cancellationToken = default) =>
        AppendTextAsync(MemoryType.MessageSystem, text, options, cancellationToken);

    /// <summary>Appends the result of a tool.</summary>
    public Task<AppendReceipt> AppendToolAsync(string text, AppendOptions? options = null, CancellationToken cancellationToken = default) =>
        AppendTextAsync(MemoryType.MessageTool, text, options, cancellationToken);

    /// <summary>
    /// Appends a chat message with all its parts. Its <see cref="ChatMessage.MessageId"/> is kept; it becomes the key only
    /// where <see cref="AppendOptions.Key"/> says so, since some services repeat it.
    /// </summary>
    /// <exception cref="InvalidInputException">A part cannot be kept unchanged; nothing was written.</exception>
    public Task<AppendReceipt> AppendAsync(ChatMessage message, AppendOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return _writer.AppendAsync(Draft(message, options ?? AppendOptions.None), cancellationToken, options?.Concern);
    }

    /// <summary>Appends several messages in their order, sharing round trips.</summary>
    /// <exception cref="InvalidInputException">A part of one of them cannot be kept unchanged; none was written.</exception>
    public Task<IReadOnlyList<AppendReceipt>> AppendAsync(IEnumerable<ChatMessage> messages, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return _writer.AppendAsync([.. messages.Select(message => Draft(message, AppendOptions.None))], cancellationToken);
    }

    /// <summary>Records something other than a message: a decision, an action, a summary.</summary>
    /// <param name="type">What it is.</param>
    /// <param name="content">Its content: any JSON of at most 16 MiB and 64 levels.</param>
    /// <param name="options">Key, time, author and metadata.</param>
    /// <param name="cancellationToken">Releases the caller; see <see cref="AppendUserAsync"/>.</param>
    public Task<AppendReceipt> RecordAsync(MemoryType type, JsonElement content, AppendOptions? options = null, CancellationToken cancellationToken = default) =>
        AppendAsync(type, JsonContent.Of("content", content) ?? throw new InvalidInputException("content", "is missing; give it any JSON value."), options ?? AppendOptions.None, cancellationToken);

    /// <summary>Records something of a type of your own.</summary>
    public Task<AppendReceipt> RecordAsync<T>(MemoryType type, T content, JsonTypeInfo<T> typeInfo, AppendOptions? options = null, CancellationToken cancellationToken = default) =>
        RecordAsync(type, JsonSerializer.SerializeToElement(content, typeInfo), options, cancellationToken);

    /// <summary>Records a text, for instance a summary.</summary>
    public Task<AppendReceipt> RecordAsync(MemoryType type, string text, AppendOptions? options = null, CancellationToken cancellationToken = default) =>
        AppendTextAsync(type, text, options, cancellationToken);

    /// <summary>Streams messages and records in their order, from <paramref name="after"/> (exclusive) on, at constant memory.</summary>
    public async IAsyncEnumerable<SessionMemory> ReadAsync(Stamp after = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // Page by page: memory stays constant, and a provider that fails in the middle is followed by another.
        while (true)
        {
            var page = await LoadAfterAsync(after, PageRows, cancellationToken).ConfigureAwait(false);
            foreach (var memory in page) yield return memory;
            if (page.Count < PageRows) yield break;
            after = page[^1].Stamp;
        }
    }

    /// <summary>The whole session in its order.</summary>
    public Task<ReadList<SessionMemory>> LoadAsync(CancellationToken cancellationToken = default) => LoadAfterAsync(Stamp.None, int.MaxValue, cancellationToken);

    /// <summary>The last <paramref name="count"/>, in their order.</summary>
    public Task<ReadList<SessionMemory>> LoadLastAsync(int count, CancellationToken cancellationToken = default) =>
        LoadBeforeAsync(new Stamp(Guid.AllBitsSet), count, cancellationToken);

    /// <summary>The <paramref name="count"/> that come right before a stamp, in their order: a page of history.</summary>
    public async Task<ReadList<SessionMemory>> LoadBeforeAsync(Stamp before, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var page = await ReadList.ReadAsync(
            read => SessionQueries.BeforeAsync(_writer.Store, _writer.TenantId, Id, before, count, read, cancellationToken), SessionMemory.Read, reversed: true, cancellationToken).ConfigureAwait(false);
        if (page.Count > 0) Saw(page[^1].Stamp);
        return page;
    }

    /// <summary>The <paramref name="count"/> that come right after a stamp, in their order.</summary>
    public async Task<ReadList<SessionMemory>> LoadAfterAsync(Stamp after, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var page = await ReadList.ReadAsync(
            read => SessionQueries.AfterAsync(_writer.Store, _writer.TenantId, Id, after, count, read, cancellationToken), SessionMemory.Read, reversed: false, cancellationToken).ConfigureAwait(false);
        if (page.Count > 0) Saw(page[^1].Stamp);
        return page;
    }

    /// <summary>The messages (not the records) as a chat history, ready for an <see cref="IChatClient"/>.</summary>
    public async Task<IReadOnlyList<ChatMessage>> LoadChatAsync(CancellationToken cancellationToken = default) =>
        [.. (await LoadAsync(cancellationToken).ConfigureAwait(false)).Where(memory => memory.IsMessage).Select(memory => memory.ToChatMessage())];

    /// <summary>Title, metadata and revision.</summary>
    public async Task<SessionInfo?> GetInfoAsync(CancellationToken cancellationToken = default) =>
        await SessionQueries.OneAsync(_writer.Store, _writer.TenantId, Id, SessionInfo.Read, cancellationToken).FirstOrDefaultAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Changes title and metadata; what is null stays as it is.</summary>
    /// <param name="title">The new title, or null.</param>
    /// <param name="metadata">The new metadata, or null.</param>
    /// <param name="expectedRevision">Change only if the session is still at this revision (<see cref="SessionInfo.Revision"/>).</param>
    /// <param name="cancellationToken">Releases the caller.</param>
    /// <returns>The new revision.</returns>
    /// <exception cref="RevisionConflictException">Somebody changed it meanwhile; nothing was written.</exception>
    public async Task<Stamp> UpdateAsync(string? title = null, JsonElement? metadata = null, Stamp? expectedRevision = null, CancellationToken cancellationToken = default)
    {
        SessionInfo.CheckInput(title, metadata);
        return await RegisterAsync(title, metadata, await GetInfoAsync(cancellationToken).ConfigureAwait(false), expectedRevision, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the session's next revision on top of what is known of it; null: it is new.</summary>
    internal async Task<Stamp> RegisterAsync(string? title, JsonElement? metadata, SessionInfo? info, Stamp? expectedRevision, CancellationToken cancellationToken)
    {
        var now = _writer.Clock.Now;
        var next = (info ?? new SessionInfo { Id = Id, Revision = default, StartedAt = now, ChangedAt = now, IsDeleted = false }) with
        {
            Title = title ?? info?.Title,
            Metadata = metadata ?? info?.Metadata,
        };
        var draft = new RegisterDraft(Tables.Sessions, Id, next.ToContent()) { UserId = UserId, SessionId = Id };
        return expectedRevision is { } expected
            ? await _writer.CompareAndSetAsync(draft, expected, cancellationToken).ConfigureAwait(false)
            : await _writer.ReviseAsync(draft, info?.Revision, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Hides the session and all that is in it. Nothing is lost: <see cref="RestoreAsync"/> brings it back.</summary>
    public Task DeleteAsync(CancellationToken cancellationToken = default) =>
        LifeSwitch.SetAsync(_writer, Tables.Sessions, Id, null, LifeState.Deleted, cancellationToken);

    /// <summary>Brings a deleted session back.</summary>
    public Task RestoreAsync(CancellationToken cancellationToken = default) =>
        LifeSwitch.SetAsync(_writer, Tables.Sessions, Id, null, LifeState.Alive, cancellationToken);

    /// <summary>Hides one message or record; <see cref="RestoreMemoryAsync"/> brings it back.</summary>
    public Task DeleteMemoryAsync(Guid id, CancellationToken cancellationToken = default) =>
        LifeSwitch.SetAsync(_writer, Tables.SessionMemories, id.ToString("N"), Id, LifeState.Deleted, cancellationToken);

    /// <summary>Brings a hidden message or record back.</summary>
    public Task RestoreMemoryAsync(Guid id, CancellationToken cancellationToken = default) =>
        LifeSwitch.SetAsync(_writer, Tables.SessionMemories, id.ToString("N"), Id, LifeState.Alive, cancellationToken);

    /// <summary>Reads how far the session has come, so that what is appended next stands behind it.</summary>
    internal async Task CatchUpAsync(CancellationToken cancellationToken) =>
        Saw(await SessionQueries.LastStampAsync(_writer.Store, _writer.TenantId, Id, cancellationToken).ConfigureAwait(false));

    private Task<AppendReceipt> AppendTextAsync(MemoryType type, string text, AppendOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(text);
        return AppendAsync(type, JsonContent.OfText("content", text)!, options ?? AppendOptions.None, cancellationToken);
    }

    private Task<AppendReceipt> AppendAsync(MemoryType type, string content, AppendOptions options, CancellationToken cancellationToken) =>
        _writer.AppendAsync(Draft(type, content, options), cancellationToken, options.Concern);

    private RowDraft Draft(ChatMessage message, AppendOptions given) => Draft(ChatMessageContent.TypeOf(message.Role), ChatMessageContent.Of(message),
        given with { Author = given.Author ?? message.AuthorName, OccurredAt = given.OccurredAt ?? message.CreatedAt });

    private RowDraft Draft(MemoryType type, string content, AppendOptions options) =>
        new(Tables.SessionMemories, [EnumText<MemoryType>.Of(type), options.Author, content, JsonContent.Of("metadata", options.Metadata)])
        {
            UserId = UserId,
            SessionId = Id,
            Key = options.Key,
            OccurredAt = options.OccurredAt,
        };

    private void Saw(Stamp stamp) => _writer.Floors.Seen(Floors.Scope.Conversation, Id, stamp);
}
