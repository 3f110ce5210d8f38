using Holdfast.Operations.Schema.Constraints;
using Holdfast.Operations.Schema.Sessions;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Constraints;

/// <summary>The check that tests harm and have repaired: of the types of memories.</summary>
internal static class MemoryTypeCheck
{
    public const string Name = "session_memories_memory_type_check";
    public const string Table = "holdfast.session_memories";
    public const string All = "'session_metadata', 'message_user', 'message_assistant', 'message_system', 'message_tool', 'context', 'action', 'issue', 'decision', 'log', 'summary'";
    public const string Drop = $"alter table {Table} drop constraint {Name}";
    public const string Program = "holdfast schema constraint fix";

    public static readonly ExpectedCheck Expected = ExpectedCheck.All.Single(check => check.Name == Name);

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static ConstraintFix Fix(SchemaDatabase database) => new(database.Settings, "holdfast")
    {
        Retry = new LockRetry(TimeProvider.System) { PauseMin = TimeSpan.FromMilliseconds(10), PauseMax = TimeSpan.FromMilliseconds(50), TriesMax = 20 },
    };

    public static async Task<CheckStatus> StatusAsync(SchemaDatabase database, bool countRows = false) =>
        (await new ConstraintInspection(database.Settings, "holdfast").RunAsync(countRows, Token)).Single(status => status.Name == Name);

    public static Task<long> ChecksAsync(SchemaDatabase database) => database.ScalarAsync<long>($"select count(*) from pg_constraint where conrelid = '{Table}'::regclass and contype = 'c'");
}
