using Holdfast.Operations.Schema.Migrations;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Migrations;

/// <summary>A file that failed half-way and is changed: what is done stays done, and is not taken for something else.</summary>
public sealed class RepairTests
{
    private const string Done = "insert into t values (-1, -1)";

    private static readonly (string, string) Table = ("V1__t.sql", "create table t (id int, a int); insert into t select i, 0 from generate_series(1, 10) i;");

    private static (string, string)[] Files(string before, string failing) => [Table, ("V2__u.sql", $"-- holdfast:transaction off\n{before};\n{failing};")];

    private static async Task<MigrationDatabase> FailedAsync()
    {
        var database = await MigrationDatabase.CreateAsync();
        await Assert.ThrowsAsync<MigrationFailedException>(() => database.MigrateAsync(Files(Done, "create unique index concurrently t_a on t (a)")));
        return database;
    }

    [Theory]
    [InlineData("insert into t values (-7, -7);\ninsert into t values (-1, -1)", "line 2")]
    [InlineData("insert into t values (-2, -2)", "line 2")]
    [InlineData("insert into t values (-1, '-1')", "line 2")]
    public async Task another_statement_in_the_place_of_one_that_is_done_is_refused(string before, string where)
    {
        var database = await FailedAsync();
        var changed = MigrationDatabase.Files(Files(before, "create unique index concurrently t_a on t (id)"));
        var error = await Assert.ThrowsAsync<SchemaException>(() => new SchemaRepair(database.Target(changed)).RunAsync("other", CancellationToken.None));
        Assert.Contains("1 statement of V2__u.sql is done", error.Message, StringComparison.Ordinal);
        Assert.Contains(where, error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SchemaException>(() => database.Migrator(changed).ResumeAsync());
        Assert.Equal(1, await database.AskAsync<long>("select count(*) from app.t where id < 0"));
    }

    [Fact]
    public async Task spaces_comments_and_what_is_not_done_yet_may_change()
    {
        var database = await FailedAsync();
        var changed = MigrationDatabase.Files(Files("-- once\ninsert into t\n  values (-1,  -1) /* the first */", "insert into t values (-3, -3);\ncreate unique index concurrently t_a on t (id)"));
        await new SchemaRepair(database.Target(changed)).RunAsync("a was not unique", CancellationToken.None);
        Assert.NotNull(await database.Migrator(changed).ResumeAsync());
        Assert.Equal(2, await database.AskAsync<long>("select count(*) from app.t where id < 0"));
        var rows = await database.HistoryAsync();
        Assert.True(rows[^1] is { State: "applied", LastStatement: 3, Statements: 3 } row && row.ChainHash == HistoryChain.End(rows));
        Assert.Empty(await database.Migrator(changed).MigrateAsync());
    }

    [Fact]
    public async Task of_a_run_of_an_older_program_nothing_is_known_and_that_is_said()
    {
        var database = await FailedAsync();
        await database.RunAsync($"update app.schema_versions set chain_hash = '{new string('0', 64)}' where state = 'failed'");
        var changed = MigrationDatabase.Files(Files(Done, "create unique index concurrently t_a on t (id)"));
        Assert.Contains("it is not known which", Assert.Single(await new SchemaRepair(database.Target(changed)).PlanAsync(CancellationToken.None)).Problem, StringComparison.Ordinal);
        Assert.Single(await new SchemaRepair(database.Target(changed)).RunAsync("a was not unique", CancellationToken.None));
        Assert.NotNull(await database.Migrator(changed).ResumeAsync());
    }

    [Fact]
    public async Task a_row_that_was_repaired_past_the_check_is_not_resumed()
    {
        var database = await FailedAsync();
        var changed = MigrationDatabase.Files(Files("insert into t values (-2, -2)", "create unique index concurrently t_a on t (id)"));
        await database.RunAsync($"update app.schema_versions set checksum = '{changed.Versioned[1].Checksum}' where state = 'failed'");
        Assert.Contains("1 statement of V2__u.sql is done", (await Assert.ThrowsAsync<SchemaException>(() => database.Migrator(changed).ResumeAsync())).Message, StringComparison.Ordinal);
    }
}
