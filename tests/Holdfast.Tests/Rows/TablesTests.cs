using Holdfast.Rows;
using Xunit;

namespace Holdfast.Tests.Rows;

public sealed class TablesTests
{
    // The outside contract: people's queries, dashboards and grants use these names.
    private static readonly string[] Named =
    [
        "session_memories", "sessions", "knowledge_atoms", "settings", "agent_messages", "research_staging", "video_scripts", "upload_jobs",
        "users", "user_facts", "commands", "llm_answers", "screenshots", "performance_metrics", "token_usage",
        "subscriptions", "subscription_events", "quota_usage", "payments",
        "revisions", "lives", "erasures", "conflicts", "failover_events", "relay_cursors", "relay_rejects", "schema_versions", "canary",
    ];

    [Fact]
    public void every_table_that_is_promised_is_there() => Assert.Empty(Named.Except(Tables.All.Select(table => table.Name)));

    [Fact]
    public void every_merged_table_and_its_primary_key_start_with_the_tenant() =>
        Assert.All(Tables.All.Where(table => table.IsMerged || table.Columns.Any(column => column.Name == "tenant_id")), table =>
        {
            Assert.Equal("tenant_id", table.PrimaryKey[0]);
            Assert.Equal("tenant_id", table.Columns[0].Name);
            Assert.True(table.Columns[0].Required);
        });

    [Fact]
    public void every_primary_key_is_made_of_required_columns() =>
        Assert.All(Tables.All, table => Assert.All(table.PrimaryKey, key => Assert.True(table.Columns.Single(column => column.Name == key).Required)));

    [Fact]
    public void names_of_tables_and_columns_are_snake_case_and_unique()
    {
        Assert.Equal(Tables.All.Count, Tables.All.Select(table => table.Name).Distinct().Count());
        Assert.All(Tables.All, table =>
        {
            Assert.Matches("^[a-z]+(_[a-z]+)*$", table.Name);
            Assert.All(table.Columns, column => Assert.Matches("^[a-z]+(_[a-z]+)*$", column.Name));
            Assert.Equal(table.Columns.Count, table.Columns.Select(column => column.Name).Distinct().Count());
        });
    }

    [Fact]
    public void erasures_are_written_before_what_they_cover_and_the_order_is_the_declared_one()
    {
        Assert.Same(Tables.Erasures, Tables.All[0]);
        Assert.Equal(Enumerable.Range(0, Tables.All.Count), Tables.All.Select(table => table.Order));
    }

    [Fact]
    public void enums_are_spelled_in_snake_case_and_read_back()
    {
        Assert.Equal(["session_metadata", "message_user", "message_assistant", "message_system", "message_tool", "context", "action", "issue", "decision", "log", "summary"], EnumText<MemoryType>.All);
        Assert.Equal(["research_staging", "video_scripts", "upload_jobs"], EnumText<JobKind>.All);
        Assert.Equal(["alive", "deleted"], EnumText<LifeState>.All);
        Assert.All(Enum.GetValues<MemoryType>(), type =>
        {
            Assert.True(EnumText<MemoryType>.TryParse(EnumText<MemoryType>.Of(type), out var read));
            Assert.Equal(type, read);
        });
        Assert.False(EnumText<MemoryType>.TryParse("MessageUser", out _));
        Assert.False(EnumText<MemoryType>.TryParse(null, out _));
    }

    [Fact]
    public void every_checked_column_allows_just_the_values_of_its_enum()
    {
        Assert.Equal(EnumText<MemoryType>.All, Tables.SessionMemories.Columns.Single(column => column.Name == "memory_type").Allowed);
        Assert.Equal(EnumText<JobOutcome>.All, Tables.JobOutcomes.Columns.Single(column => column.Name == "outcome").Allowed);
        Assert.All(Enum.GetValues<JobKind>(), kind => Assert.Equal(EnumText<JobKind>.Of(kind), Tables.Of(kind).Name));
    }

    [Fact]
    public void what_a_person_wrote_is_erasable_in_every_merged_table() =>
        Assert.All(Tables.All.Where(table => table.IsMerged), table =>
            Assert.All(table.Columns.Where(column => column.Type == ColumnType.Json), column => Assert.True(column.Erasable)));

    [Fact]
    public void a_name_that_is_no_table_is_refused()
    {
        var error = Assert.Throws<InvalidInputException>(() => Tables.Get("pg_class"));
        Assert.Contains("'pg_class'", error.Message, StringComparison.Ordinal);
    }
}
