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

    [Fact]
    public async Task nothing_pending_is_no_rehearsal()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(First);
        Assert.Empty((await RehearseAsync(database, First)).Applied);
    }

    [Fact]
    public async Task a_file_below_one_that_was_applied_is_rehearsed_as_pending_and_taken_back()
    {
        var database = await MigrationDatabase.CreateAsync();
        (string Name, string Sql) third = ("V3__c.sql", "alter table {schema}.a add column c int;");
        await database.MigrateAsync(First, third);
        (string Name, string Sql)[] second = [("V2__b.sql", "alter table {schema}.a add column b int;"), ("U2__b.sql", "alter table {schema}.a drop column b;")];
        var report = await RehearseAsync(database, [First, .. second, third]);
        Assert.Equal(["V2__b.sql"], report.Applied.Select(step => step.Script));
        Assert.True(report.Holds, string.Join(' ', report.LeftByUndo.Concat(report.LeftByRepeat)));
        Assert.Empty(report.WithoutUndo);

        // The one that was applied last is not the highest; what lies between is no news, and what is new comes alone.
        await database.Migrator(MigrationDatabase.Files([First, .. second, third]), MigrationDatabase.Quick with { OutOfOrder = true }).MigrateAsync();
        (string Name, string Sql)[] more = [("V4__d.sql", "alter table {schema}.a add column d int;"), ("U4__d.sql", "alter table {schema}.a drop column d;"), ("R__v.sql", "create or replace view {schema}.v as select id from {schema}.a;")];
        report = await RehearseAsync(database, [First, .. second, third, .. more]);
        Assert.Equal(["V4__d.sql", "R__v.sql"], report.Applied.Select(step => step.Script));
        // Nothing but a repeatable file: it is what is rehearsed.
        await database.MigrateAsync([First, .. second, third, .. more]);
        report = await RehearseAsync(database, [First, .. second, third, .. more[..2], ("R__v.sql", "create or replace view {schema}.v as select id, d from {schema}.a;")]);
        Assert.Equal(["R__v.sql"], report.Applied.Select(step => step.Script));
        await NothingIsLeftAsync(database);
    }

    [Fact]
    public async Task what_a_killed_rehearsal_has_left_is_dropped_by_the_next_and_nothing_else()
    {
        const string left = "holdfast_rehearsal_0123456789abcdef", running = "holdfast_rehearsal_fedcba9876543210", own = "holdfast_rehearsal_of_maria";
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(First);
        foreach (var name in (string[])[left, running, own]) await database.RunAsync($"create database {name} template template0");
        // A rehearsal on another database of the server, which is between two of its connections.
        var other = await MigrationDatabase.CreateAsync();
        await using var holder = await other.OpenAsync();
        await using (var hold = new NpgsqlCommand($"select pg_advisory_lock(hashtextextended('{running}', 0))", holder)) await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var events = new Events();
        await new SchemaRehearsal(database.Target(MigrationDatabase.Files(First, ("V2__b.sql", "alter table {schema}.a add column m int;")))).RunAsync(events, CancellationToken.None);
        Assert.Equal($"{own} {running}", await database.AskAsync<string>("select string_agg(datname, ' ' order by datname desc) from pg_database where datname like 'holdfast_rehearsal_%'"));
        Assert.Contains(events.All, told => told.Text.Contains(left, StringComparison.Ordinal));
        await using (var release = new NpgsqlCommand("select pg_advisory_unlock_all()", holder)) await release.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await new SchemaRehearsal(database.Target(MigrationDatabase.Files(First, ("V2__b.sql", "alter table {schema}.a add column m int;")))).RunAsync(null, CancellationToken.None);
        await database.RunAsync($"drop database {own}");
        await NothingIsLeftAsync(database);
    }

    private static Task<RehearsalReport> RehearseAsync(MigrationDatabase database, params (string Name, string Sql)[] files) =>
        new SchemaRehearsal(database.Target(MigrationDatabase.Files(files), MigrationDatabase.Quick with { OutOfOrder = true })).RunAsync(null, CancellationToken.None);

    private static async Task NothingIsLeftAsync(MigrationDatabase database) =>
        Assert.Equal(0, await database.AskAsync<long>("select count(*) from pg_database d where d.datname like 'holdfast_rehearsal_%' and not exists (select from pg_stat_activity a where a.datname = d.datname)"));
}
