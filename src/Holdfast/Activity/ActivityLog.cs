using System.Text.Json;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast;

/// <summary>
/// What an assistant did, session by session: the commands that it got, the answers of the model, pictures of the screen (by
/// reference) and what was measured. Every write that has returned is on the disk of the store.
/// </summary>
public sealed class ActivityLog
{
    private readonly MemoryWriter _writer;

    internal ActivityLog(MemoryWriter writer) => _writer = writer;

    /// <summary>Logs a command.</summary>
    /// <param name="sessionId">The session (at most 512 bytes).</param>
    /// <param name="prompt">The words of the command: at most 16 MiB.</param>
    /// <param name="language">The language that it is in, if known.</param>
    /// <param name="metadata">Anything else about it: JSON of at most 16 MiB and 64 levels.</param>
    /// <param name="options">Key, user and time.</param>
    /// <param name="cancellationToken">Releases the caller; the row may have been written.</param>
    /// <returns>The receipt; its id is what <see cref="LogAnswerAsync"/> takes.</returns>
    /// <exception cref="InvalidInputException">Something of it cannot be kept unchanged; nothing was written.</exception>
    public Task<AppendReceipt> LogCommandAsync(
        string sessionId, string prompt, string? language = null, JsonElement? metadata = null, ActivityOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return AppendAsync(Tables.Commands, [language, JsonContent.OfText("prompt", prompt), JsonContent.Of("metadata", metadata)], sessionId, options, cancellationToken);
    }

    /// <summary>Logs what a model answered.</summary>
    /// <param name="sessionId">The session (at most 512 bytes).</param>
    /// <param name="commandId">The command that it answers, if any; it need not have arrived on this store yet.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="response">The answer: at most 16 MiB.</param>
    /// <param name="modelInfo">What the model said of itself: JSON of at most 16 MiB and 64 levels.</param>
    /// <param name="options">Key, user and time.</param>
    /// <param name="cancellationToken">Releases the caller; the row may have been written.</param>
    /// <exception cref="InvalidInputException">Something of it cannot be kept unchanged; nothing was written.</exception>
    public Task<AppendReceipt> LogAnswerAsync(
        string sessionId, Guid? commandId, string? model, string response, JsonElement? modelInfo = null, ActivityOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(response);
        return AppendAsync(Tables.LlmAnswers, [commandId, model, JsonContent.OfText("response", response), JsonContent.Of("model_info", modelInfo)], sessionId, options, cancellationToken);
    }

    /// <summary>Logs a picture of the screen by its path, its address or both; never its bytes.</summary>
    /// <param name="sessionId">The session (at most 512 bytes).</param>
    /// <param name="path">Where the file is (at most 8 KiB).</param>
    /// <param name="url">Its address (at most 8 KiB); a <c>data:</c> address holds the picture itself and is refused.</param>
    /// <param name="metadata">Anything else about it: JSON of at most 16 MiB and 64 levels.</param>
    /// <param name="options">Key, user and time.</param>
    /// <param name="cancellationToken">Releases the caller; the row may have been written.</param>
    /// <exception cref="InvalidInputException">Something of it cannot be kept unchanged, or there is no reference; nothing was written.</exception>
    public Task<AppendReceipt> LogScreenshotAsync(
        string sessionId, string? path, string? url = null, JsonElement? metadata = null, ActivityOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (path is not null) Check.Id("file_path", path);
        if (url is not null) Check.Id("file_url", url);
        if (path is null && url is null) throw new InvalidInputException("file_path", "is missing, and so is file_url; give at least one of them.");
        if (url is not null && url.AsSpan().TrimStart().StartsWith("data:", StringComparison.OrdinalIgnoreCase))
            throw new InvalidInputException("file_url", "holds the picture itself (data:). Keep the picture in a file or an object store, and give its address.");
        return AppendAsync(Tables.Screenshots, [path, url, JsonContent.Of("metadata", metadata)], sessionId, options, cancellationToken);
    }

    /// <summary>Logs a measurement.</summary>
    /// <param name="sessionId">The session (at most 512 bytes).</param>
    /// <param name="type">What was measured, with its unit: <c>response_time_ms</c>.</param>
    /// <param name="value">What came of it: a number, or any JSON of at most 16 MiB and 64 levels.</param>
    /// <param name="options">Key, user and time.</param>
    /// <param name="cancellationToken">Releases the caller; the row may have been written.</param>
    /// <exception cref="InvalidInputException">Something of it cannot be kept unchanged; nothing was written.</exception>
    public Task<AppendReceipt> LogMetricAsync(string sessionId, string type, JsonElement value, ActivityOptions? options = null, CancellationToken cancellationToken = default) =>
        AppendAsync(Tables.PerformanceMetrics, [type, JsonContent.Of("value", value) ?? throw new InvalidInputException("value", "is missing; give it any JSON value.")], sessionId, options, cancellationToken);

    /// <summary>A session's commands in their order, from <paramref name="after"/> (exclusive) on.</summary>
    public IAsyncEnumerable<LoggedCommand> ListCommandsAsync(string sessionId, Stamp after = default, CancellationToken cancellationToken = default) =>
        ActivityQueries.CommandsAsync(_writer.Store, _writer.TenantId, Check.Id("session_id", sessionId), after, LoggedCommand.Read, cancellationToken);

    /// <summary>A session's answers in their order, from <paramref name="after"/> (exclusive) on.</summary>
    public IAsyncEnumerable<LoggedAnswer> ListAnswersAsync(string sessionId, Stamp after = default, CancellationToken cancellationToken = default) =>
        ActivityQueries.AnswersAsync(_writer.Store, _writer.TenantId, Check.Id("session_id", sessionId), after, LoggedAnswer.Read, cancellationToken);

    /// <summary>A session's screenshots in their order, from <paramref name="after"/> (exclusive) on.</summary>
    public IAsyncEnumerable<LoggedScreenshot> ListScreenshotsAsync(string sessionId, Stamp after = default, CancellationToken cancellationToken = default) =>
        ActivityQueries.ScreenshotsAsync(_writer.Store, _writer.TenantId, Check.Id("session_id", sessionId), after, LoggedScreenshot.Read, cancellationToken);

    /// <summary>A session's measurements in their order, from <paramref name="after"/> (exclusive) on.</summary>
    public IAsyncEnumerable<LoggedMetric> ListMetricsAsync(string sessionId, Stamp after = default, CancellationToken cancellationToken = default) =>
        ActivityQueries.MetricsAsync(_writer.Store, _writer.TenantId, Check.Id("session_id", sessionId), after, LoggedMetric.Read, cancellationToken);

    private Task<AppendReceipt> AppendAsync(Table table, object?[] values, string sessionId, ActivityOptions? options, CancellationToken cancellationToken)
    {
        var given = options ?? ActivityOptions.None;
        return _writer.AppendAsync(new RowDraft(table, values)
        {
            SessionId = Check.Id("session_id", sessionId),
            UserId = given.UserId,
            Key = given.Key,
            OccurredAt = given.OccurredAt,
        }, cancellationToken);
    }
}
