using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Sessions;
using Holdfast.TestServers;
using Npgsql;
using Xunit;
using static Holdfast.Operations.Tests.Schema.Migrations.MigrationDatabase;

namespace Holdfast.Operations.Tests.Schema.Migrations;

/// <summary>What a migration meets in its way: a table in use, a backup.</summary>
public sealed class MigrationLockTests
{
    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task a_file_that_meets_a_lock_gives_way_says_who_holds_it_and_comes_back(PostgresVersion version)
    {
        var database = await MigrationDatabase.CreateAsync(version);
        await database.MigrateAsync(Table);
        await using var blocker = await database.OpenAsync("a long report");
        await using var transaction = await blocker.BeginTransactionAsync();
        await using (var read = new NpgsqlCommand("select count(*) from app.t", blocker)) await read.ExecuteScalarAsync();

        var blocked = new TaskCompletionSource<MigrationEvent>();
        var tries = 0;
        var events = new Events(news => { if (news.Kind == MigrationEventKind.Blocked && ++tries == 3) blocked.TrySetResult(news); });
        var run = database.Migrator(MigrationDatabase.Files(Table, ("V2__c.sql", "alter table t add c int"))).MigrateAsync(events);
        var news = await blocked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(news.Text.Contains($"process {blocker.ProcessID} of a long report holds it", StringComparison.Ordinal), news.Text);
        // Meanwhile others get through.
        Assert.Equal(1000, await database.AskAsync<long>("select count(*) from app.t"));
        await transaction.RollbackAsync();
        var step = Assert.Single(await run);
        Assert.InRange(step.Retries, 3, 19);
        var row = (await database.HistoryAsync())[^1];
        Assert.True(row.LockWaitMs >= 200 && row.LockWaitMs > row.DurationMs, $"{row.LockWaitMs} {row.DurationMs}");
    }

    [Fact]
    public async Task a_lock_that_is_never_free_ends_in_an_error_and_nothing_else_is_tried_twice()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.MigrateAsync(Table);
        await using var blocker = await database.OpenAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        await using (var read = new NpgsqlCommand("lock table app.t in access share mode", blocker)) await read.ExecuteNonQueryAsync();
        var events = new Events();
        var error = await Assert.ThrowsAsync<MigrationFailedException>(() =>
            database.Migrator(MigrationDatabase.Files(Table, ("V2__c.sql", "alter table t add c int")), MigrationDatabase.Quick with { TriesMax = 3 }).MigrateAsync(events));
        Assert.True(error.IsBlocked);
        Assert.Equal(2, events.All.Count(news => news.Kind == MigrationEventKind.Blocked));
        Assert.Contains($"process {blocker.ProcessID}", error.Message, StringComparison.Ordinal);

        var once = new Events();
        Assert.False((await Assert.ThrowsAsync<MigrationFailedException>(() => database.Migrator(MigrationDatabase.Files(Table, ("V2__c.sql", "-- holdfast:statement-timeout 50ms\nselect pg_sleep(5)"))).MigrateAsync(once))).IsBlocked);
        Assert.DoesNotContain(once.All, news => news.Kind == MigrationEventKind.Blocked);
    }

    [Fact]
    public async Task a_backup_keeps_migrations_out_and_is_named()
    {
        var database = await MigrationDatabase.CreateAsync();
        await using var backup = await database.OpenAsync("holdfast backup");
        await using (var take = new NpgsqlCommand("select pg_advisory_lock_shared(1213156420, hashtext('backup'))", backup)) await take.ExecuteNonQueryAsync();
        var error = await Assert.ThrowsAsync<SchemaLockException>(() => database.Migrator(MigrationDatabase.Files(Table), MigrationDatabase.Quick with { LockWaitMax = TimeSpan.FromMilliseconds(300) }).MigrateAsync());
        Assert.Contains("A backup is running", error.Message, StringComparison.Ordinal);
        Assert.Contains("holdfast backup", error.Message, StringComparison.Ordinal);
    }
}
