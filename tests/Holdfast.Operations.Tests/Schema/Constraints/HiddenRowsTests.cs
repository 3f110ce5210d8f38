using Holdfast.Operations.Schema.Constraints;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Constraints;

/// <summary>Rows that break a check and that row-level security hides from the role that counts.</summary>
public sealed class HiddenRowsTests
{
    private const string Name = "session_memories_memory_type_check";

    private static async Task<RowViolations?> CountAsync(NpgsqlConnectionStringBuilder settings) =>
        (await new ConstraintInspection(settings, "holdfast").RunAsync(countRows: true, TestContext.Current.CancellationToken)).Single(status => status.Name == Name).Violations;

    [Fact]
    public async Task rows_that_are_hidden_are_not_counted_as_none()
    {
        var database = await SchemaDatabase.CreateAsync();
        var role = $"hidden_{database.Settings.Database}";
        await database.ExecuteAsync($"""
            create role {role} login;
            grant usage on schema holdfast to {role};
            grant select on all tables in schema holdfast to {role};
            alter table holdfast.session_memories drop constraint {Name};
            {SchemaDatabase.Memory(1, "dream")};
            alter table holdfast.session_memories enable row level security;
            create policy tenants on holdfast.session_memories using (tenant_id = current_setting('holdfast.tenant', true));
            """);
        var settings = new NpgsqlConnectionStringBuilder(database.Settings.ConnectionString) { Username = role };
        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => CountAsync(settings));
        Assert.IsType<UnauthorizedAccessException>(error.InnerException);
        Assert.Contains("row-level security hides", error.Message, StringComparison.Ordinal);
        Assert.Contains(role, error.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await CountAsync(database.Settings))?.Count);

        await database.ExecuteAsync($"create policy all_tenants on holdfast.session_memories for select to {role} using (true)");
        Assert.Equal(1, (await CountAsync(settings))?.Count);
    }
}
