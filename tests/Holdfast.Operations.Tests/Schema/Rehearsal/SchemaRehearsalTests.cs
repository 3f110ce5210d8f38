using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Rehearsal;
using Holdfast.Operations.Tests.Schema.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Rehearsal;

public sealed class SchemaRehearsalTests
{
    private static readonly (string Name, string Sql) First = ("V1__a.sql", "create table {schema}.a (id int primary key, n int);");

    [Fact]
    public async Task pending_files_are_applied_taken_back_and_applied_again_away_from_the_target()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(First);
        (string Name, string Sql)[] files =
        [
            First, ("V2__b.sql", "alter table {schema}.a add column m int;"), ("U2__b.sql", "alter table {schema}.a drop column m;"),
            ("V3__i.sql", "-- holdfast:transaction off\ncreate index concurrently a_n_idx on {schema}.a (n);"), ("U3__i.sql", "-- holdfast:transaction off\ndrop index concurrently {schema}.a_n_idx;"),
        ];
        var report = await RehearseAsync(database, files);
        Assert.Equal(["V2__b.sql", "V3__i.sql"], report.Applied.Select(step => step.Script));
        Assert.True(report.Holds, string.Join(' ', report.LeftByUndo.Concat(report.LeftByRepeat)));
        Assert.Empty(report.WithoutUndo);
        Assert.Equal(1, await database.AskAsync<long>("select count(*) from app.schema_versions"));
        await NothingIsLeftAsync(database);
    }

    [Fact]
    public async Task an_undo_file_that_does_not_lead_back_is_found()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(First);
        var report = await RehearseAsync(database, First, ("V2__b.sql", "alter table {schema}.a add column m int; create index a_n_idx on {schema}.a (n);"), ("U2__b.sql", "alter table {schema}.a drop column m; alter index {schema}.a_n_idx rename to forgotten_idx;"));
        Assert.False(report.Holds);
        Assert.Contains(report.LeftByUndo, difference => difference.Contains("forgotten_idx", StringComparison.Ordinal));
        Assert.Contains(report.LeftByRepeat, difference => difference.Contains("forgotten_idx", StringComparison.Ordinal));
        await NothingIsLeftAsync(database);
    }

    [Fact]
    public async Task what_has_no_undo_is_said_and_a_file_that_fails_fails_here()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(First);
        var report = await RehearseAsync(database, First, ("V2__b.sql", "alter table {schema}.a add column m int;"));
        Assert.Equal(["V2__b.sql"], report.WithoutUndo);
        var error = await Assert.ThrowsAsync<MigrationFailedException>(() => RehearseAsync(database, First, ("V2__b.sql", "alter table {schema}.nowhere add column m int;")));
        Assert.Contains("V2__b.sql", error.Message, StringComparison.Ordinal);
        await NothingIsLeftAsync(database);
    }

    [Fact]
    public async Task a_role_that_may_not_create_a_database_is_told_what_else_there_is()
    {
        var database = await MigrationDatabase.CreateAsync();
        var role = "rehearsal_" + new NpgsqlConnectionStringBuilder(database.Connection).Database;
        await database.RunAsync($"create role {role} login; grant create on database {new NpgsqlConnectionStringBuilder(database.Connection).Database} to {role}");
        var target = new MigrationTarget(new NpgsqlConnectionStringBuilder(database.Connection) { Username = role }.ConnectionString, MigrationDatabase.Files(First), MigrationDatabase.Schema, MigrationDatabase.Quick, null);
        Assert.Contains("--dry-run --execute", (await Assert.ThrowsAsync<SchemaException>(() => new SchemaRehearsal(target).RunAsync(null, CancellationToken.None))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("V2__b.sql", "create role {role}")]
    [InlineData("V2__b.sql", "do $$ begin create role {role}; end $$")]
    [InlineData("V2__b.sql", "do $$ begin execute format('create role %I', '{role}'); end $$")]
    [InlineData("V2__b.sql", "do $$ begin execute 'create role ' || r; end $$")]
    [InlineData("U2__b.sql", "create role {role}")]
    [InlineData("R__b.sql", "create user {role}")]
    public async Task a_file_that_would_change_the_whole_server_is_not_rehearsed(string name, string sql)
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(First);
        var role = "rehearsed_" + new NpgsqlConnectionStringBuilder(database.Connection).Database;
        (string, string)[] files = name == "V2__b.sql" ? [First, (name, sql.Replace("{role}", role, StringComparison.Ordinal))]
            : [First, ("V2__b.sql", "select 1"), (name, sql.Replace("{role}", role, StringComparison.Ordinal))];
        var error = await Assert.ThrowsAsync<SchemaException>(() => RehearseAsync(database, files));
        Assert.Contains($"{name}, line 1: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("share", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.AskAsync<long>($"select count(*) from pg_roles where rolname = '{role}'"));
        await NothingIsLeftAsync(database);
    }

    [Fact]
    public async Task nothing_pending_is_no_rehearsal()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(First);
        Assert.Empty((await RehearseAsync(database, First)).Applied);
    }

    private static Task<RehearsalReport> RehearseAsync(MigrationDatabase database, params (string Name, string Sql)[] files) =>
        new SchemaRehearsal(database.Target(MigrationDatabase.Files(files))).RunAsync(null, CancellationToken.None);

    private static async Task NothingIsLeftAsync(MigrationDatabase database) =>
        Assert.Equal(0, await database.AskAsync<long>("select count(*) from pg_database d where d.datname like 'holdfast_rehearsal_%' and not exists (select from pg_stat_activity a where a.datname = d.datname)"));
}
