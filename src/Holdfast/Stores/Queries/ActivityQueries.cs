using Holdfast.Rows;

namespace Holdfast.Stores.Queries;

/// <summary>What is read of an assistant's activity, session by session in its order; erased rows are left out.</summary>
internal static class ActivityQueries
{
    // Every reader gets id, stamp, user, session and time first, then what the statement names.
    private static readonly Statement OfCommands = Select(Tables.Commands, "t.language, t.content, t.metadata", "t.content is not null");
    private static readonly Statement OfAnswers = Select(Tables.LlmAnswers, "t.command_id, t.model_name, t.content, t.metadata", "t.content is not null");
    private static readonly Statement OfScreenshots = Select(Tables.Screenshots, "t.file_path, t.file_url, t.metadata", "(t.file_path is not null or t.file_url is not null)");
    private static readonly Statement OfMetrics = Select(Tables.PerformanceMetrics, "t.metric_type, t.content", "t.content is not null");

    public static IAsyncEnumerable<T> CommandsAsync<T>(IRowAccess store, string tenantId, string sessionId, Stamp after, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.QueryAsync(OfCommands, [tenantId, sessionId, after], read, cancellationToken);

    public static IAsyncEnumerable<T> AnswersAsync<T>(IRowAccess store, string tenantId, string sessionId, Stamp after, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.QueryAsync(OfAnswers, [tenantId, sessionId, after], read, cancellationToken);

    public static IAsyncEnumerable<T> ScreenshotsAsync<T>(IRowAccess store, string tenantId, string sessionId, Stamp after, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.QueryAsync(OfScreenshots, [tenantId, sessionId, after], read, cancellationToken);

    public static IAsyncEnumerable<T> MetricsAsync<T>(IRowAccess store, string tenantId, string sessionId, Stamp after, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.QueryAsync(OfMetrics, [tenantId, sessionId, after], read, cancellationToken);

    private static Statement Select(Table table, string own, string notErased) => new($$"""
        select t.id, t.stamp, t.user_id, t.session_id, t.occurred_at, {{own}} from {{{table.Name}}} t
        where t.tenant_id = $1 and t.session_id = $2 and t.stamp > $3 and {{notErased}} order by t.stamp
        """);
}
