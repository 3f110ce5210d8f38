using Holdfast.Operations.Schema.Constraints;
using Holdfast.Operations.Schema.Indexes;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>The role that logs in to migrate has no right of its own: everything that changes a schema must work as it.</summary>
public sealed class MigratorTests
{
    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task it_looks_migrates_repairs_a_check_and_builds_and_drops_an_index(PostgresVersion version)
    {
        using var database = await AccessDatabase.AppliedAsync(version);
        var settings = new NpgsqlConnectionStringBuilder(await database.LogInAsync("migrator")) { Pooling = false };

        // Nothing is to be done, and that must be seen.
        Assert.Empty((await new SchemaMigrator(settings.ConnectionString, database.Schema).MigrateAsync()));

        await database.ExecuteAsync("alter table {s}.lives drop constraint lives_state_check");
        var checks = await new ConstraintInspection(settings, database.Schema).RunAsync(countRows: true, default);
        Assert.Equal(CheckState.Missing, checks.Single(check => check.Name == "lives_state_check").State);
        await new ConstraintFix(settings, database.Schema).RunAsync(ExpectedCheck.All, null, default);

        var build = new IndexBuild(settings, database.Schema) { Name = null, Table = "lives", Columns = ["state"] };
        var built = await build.RunAsync(_ => { }, default);
        Assert.Contains((await new IndexInspection(settings, database.Schema).RunAsync(default)).Live, index => index.Name == built.Index);
        await new IndexDrop(settings, database.Schema, built.Index).RunAsync(default);

        var matrix = await database.VerifyAsync(logIn: true);
        Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(10)));
    }

    [Fact]
    public async Task a_second_database_of_a_server_is_migrated_although_the_owner_may_do_nothing_there()
    {
        using var database = await AccessDatabase.AppliedAsync();
        var second = await database.Server.CreateDatabaseAsync();
        await new SchemaMigrator(second, database.Schema).MigrateAsync();
    }
}
