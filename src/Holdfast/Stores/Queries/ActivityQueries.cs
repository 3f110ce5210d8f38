using Holdfast.Rows;

namespace Holdfast.Stores.Queries;

/// <summary>What is read of an assistant's activity, session by session in its order; erased rows are left out.</summary>
internal static class ActivityQueries
{
    private static readonly Statement OfCommands = Select(Tables.Commands, "t.language, t.content, t.metadata", "t.content is not null");
    private static readonly Statement OfAnswers = Select(Tables.LlmAnswers, "t.command_id, t.model_name, t.content, t.metadata", "t.content is not null");
    private static readonly Statement OfScreenshots = Select(Tables.Screenshots, "t.file_path, t.file_url, t.metadata", "(t.file_path is not null or t.file_url is not null)");
    private static readonly Statement OfMetrics = Select(Tables.PerformanceMetrics, "t.metric_type, t.content", "t.content is not null");

    public static IAsyncEnumerable<LoggedCommand> CommandsAsync(IStore store, string tenantId, string sessionId, Stamp after, CancellationToken cancellationToken) =>
        store.QueryAsync(OfCommands, [tenantId, sessionId, after], row => Common(row, new LoggedCommand
        {
            Language = row.TextOrNull(5),
            Prompt = String(row, 6),
            MetadataJson = row.TextOrNull(7),
        }), cancellationToken);

    public static IAsyncEnumerable<LoggedAnswer> AnswersAsync(IStore store, string tenantId, string sessionId, Stamp after, CancellationToken cancellationToken) =>
        store.QueryAsync(OfAnswers, [tenantId, sessionId, after], row => Common(row, new LoggedAnswer
        {
            CommandId = row.UuidOrNull(5),
            Model = row.TextOrNull(6),
            Response = String(row, 7),
            ModelInfoJson = row.TextOrNull(8),
        }), cancellationToken);

    public static IAsyncEnumerable<LoggedScreenshot> ScreenshotsAsync(IStore store, string tenantId, string sessionId, Stamp after, CancellationToken cancellationToken) =>
        store.QueryAsync(OfScreenshots, [tenantId, sessionId, after], row => Common(row, new LoggedScreenshot
        {
            Path = row.TextOrNull(5),
            Url = row.TextOrNull(6),
            MetadataJson = row.TextOrNull(7),
        }), cancellationToken);

    public static IAsyncEnumerable<LoggedMetric> MetricsAsync(IStore store, string tenantId, string sessionId, Stamp after, CancellationToken cancellationToken) =>
        store.QueryAsync(OfMetrics, [tenantId, sessionId, after], row => Common(row, new LoggedMetric
        {
            Type = row.Text(5),
            ValueJson = row.Text(6),
        }), cancellationToken);

    private static Statement Select(Table table, string own, string notErased) => new($$"""
        select t.id, t.stamp, t.user_id, t.session_id, t.occurred_at, {{own}} from {{{table.Name}}} t
        where t.tenant_id = $1 and t.session_id = $2 and t.stamp > $3 and {{notErased}} order by t.stamp
        """);

    private static T Common<T>(StoreReader row, T entry) where T : LoggedActivity =>
        entry with { Id = row.Uuid(0), Stamp = row.Stamp(1), UserId = row.TextOrNull(2), SessionId = row.Text(3), OccurredAt = row.Time(4) };

    // Prompts and answers are JSON strings; older systems' rows may hold other JSON, which is shown as it is.
    private static string String(StoreReader row, int column) =>
        row.Text(column) is ['"', ..] text ? System.Text.Json.JsonElement.Parse(text).GetString()! : row.Text(column);
}
