using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Migrations;

public sealed class SchemaMigratorTests : IAsyncLifetime
{
    private readonly string _schema = "migrated";
    private string _connection = "";

    // A database of its own: the lock is per database, and these tests hold it.
    public async ValueTask InitializeAsync() => _connection = await (await OperationsServer.StartedAsync()).CreateDatabaseAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static readonly IReadOnlyList<MigrationFile> Shipped = MigrationSet.Shipped.Versioned;

    private static MigrationFile Next(string sql, string name = "V9001__next.sql") => MigrationFile.Parse(name, sql);

    private SchemaMigrator Migrator(params MigrationFile[] more) => Migrator(new MigrationOptions(), more);

    private SchemaMigrator Migrator(MigrationOptions options, params MigrationFile[] more) => new(new MigrationTarget(_connection, MigrationSet.Of([.. Shipped, .. more]), _schema, options, null));

    private Task<long> CountAsync(string sql) => PostgresServer.AskAsync<long>(_connection, sql);

    [Fact]
    public async Task a_first_run_applies_everything_and_a_second_run_nothing()
    {
        Assert.Equal(Shipped.Count, (await Migrator().PlanAsync()).Count);
        Assert.Equal(Shipped.Select(migration => migration.Script), (await Migrator().MigrateAsync()).Select(step => step.Script));
        Assert.Empty(await Migrator().PlanAsync());
        Assert.Empty(await Migrator().MigrateAsync());
        Assert.Equal(Shipped.Count, await CountAsync($"select count(*) from {_schema}.schema_versions"));
    }

    [Fact]
    public async Task a_plan_changes_nothing()
    {
        await Migrator().PlanAsync();
        Assert.Equal(0, await CountAsync($"select count(*) from pg_namespace where nspname = '{_schema}'"));
    }

    [Fact]
    public async Task ten_migrators_at_once_apply_everything_once()
    {
        var next = Next("create table {schema}.once (id int); insert into {schema}.once values (1);");
        var applied = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => Migrator(next).MigrateAsync())));
        Assert.Equal(Shipped.Count + 1, applied.Sum(steps => steps.Count));
        Assert.Single(applied, steps => steps.Count > 0);
        Assert.Equal(1, await CountAsync($"select count(*) from {_schema}.once"));
        Assert.Equal(Shipped.Count + 1, await CountAsync($"select count(*) from {_schema}.schema_versions"));
    }

    [Fact]
    public async Task a_migration_that_was_applied_with_another_content_is_refused_and_named()
    {
        await Migrator(Next("select 1")).MigrateAsync();
        var error = await Assert.ThrowsAsync<SchemaException>(() => Migrator(Next("select 2")).MigrateAsync());
        Assert.Contains("V9001__next.sql", error.Message, StringComparison.Ordinal);
        Assert.Contains("another content", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SchemaException>(() => Migrator(Next("select 2")).PlanAsync());
        // Only an editor's habits changed: the same migration.
        Assert.Empty(await Migrator(Next("\uFEFFselect 1\r\n")).MigrateAsync());
    }

    [Fact]
    public async Task a_database_that_is_newer_than_the_program_is_refused()
    {
        await Migrator(Next("select 1")).MigrateAsync();
        var error = await Assert.ThrowsAsync<SchemaException>(() => Migrator().MigrateAsync());
        Assert.Contains("newer than this program", error.Message, StringComparison.Ordinal);
        Assert.Contains("9001", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_lock_that_another_holds_too_long_ends_with_an_error_that_names_the_holder()
    {
        await using var holder = new NpgsqlConnection(_connection + ";Application Name=the other one;Pooling=false");
        await holder.OpenAsync();
        await MigrationLock.TakeAsync(holder, TimeSpan.Zero, TimeProvider.System, CancellationToken.None);
        var migrator = Migrator(new MigrationOptions { LockWaitMax = TimeSpan.FromMilliseconds(300) });
        var error = await Assert.ThrowsAsync<SchemaLockException>(() => migrator.MigrateAsync());
        Assert.Contains("the other one", error.Message, StringComparison.Ordinal);
        Assert.Contains($"process {holder.ProcessID}", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync($"select count(*) from pg_namespace where nspname = '{_schema}'"));

        await MigrationLock.ReleaseAsync(holder);
        Assert.NotEmpty(await migrator.MigrateAsync());
    }

    [Fact]
    public async Task a_migration_that_fails_is_rolled_back_with_its_record_and_the_ones_before_it_stay()
    {
        var bad = Next("create table {schema}.half (id int); select 1/0;", "V9002__bad.sql");
        var error = await Assert.ThrowsAsync<MigrationFailedException>(() => Migrator(Next("create table {schema}.good (id int)"), bad).MigrateAsync());
        Assert.Contains("V9002__bad.sql", error.Message, StringComparison.Ordinal);
        Assert.Contains("division by zero", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await CountAsync($"select count(*) from pg_class where relname in ('half', 'good') and relnamespace = '{_schema}'::regnamespace"));
        Assert.Equal(["9002"], (await Migrator(Next("create table {schema}.good (id int)"), bad).PlanAsync()).Select(step => step.Version));

        var mended = Next("create table {schema}.half (id int);", "V9002__bad.sql");
        Assert.Single(await Migrator(Next("create table {schema}.good (id int)"), mended).MigrateAsync());
    }

    [Fact]
    public async Task the_lock_is_free_again_after_a_failure()
    {
        await Assert.ThrowsAsync<MigrationFailedException>(() => Migrator(Next("select 1/0")).MigrateAsync());
        await Wait.UntilAsync(async () => await CountAsync("select count(*) from pg_locks l join pg_database d on d.oid = l.database where l.locktype = 'advisory' and d.datname = current_database()") == 0, "the lock is free");
        Assert.Single(await Migrator(Next("select 1")).MigrateAsync());
    }

    [Theory]
    [InlineData("holdfast; drop schema x")]
    [InlineData("Holdfast")]
    [InlineData("")]
    public void a_schema_name_that_is_no_plain_identifier_is_refused(string schema) =>
        Assert.Throws<InvalidInputException>(() => new SchemaMigrator("Host=127.0.0.1", schema));
}
