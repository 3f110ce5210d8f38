using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Drift;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Stores.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Drift;

public sealed class SchemaReferenceTests
{
    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    [InlineData(PostgresVersion.Third)]
    public async Task what_ships_has_no_drift_on_any_major_and_nothing_is_left_behind(PostgresVersion version)
    {
        var connection = await (await DriftServers.ServerAsync(version)).CreateDatabaseAsync($"shipped_{version}".ToLowerInvariant());
        await new SchemaMigrator(connection).MigrateAsync();
        var report = await CheckAsync(connection);
        Assert.Empty(report.Findings.Select(finding => finding.Detail));
        Assert.Equal(33, report.Providers[0].Actual!.Of(ObjectKind.Table).Count());
        Assert.Empty(await ListAsync(connection, "select nspname::text from pg_namespace where nspname like 'holdfast\\_%'"));
    }

    [Fact]
    public async Task a_check_that_was_tightened_is_found_where_names_alone_would_show_nothing()
    {
        var connection = await (await DriftServers.ServerAsync(PostgresVersion.Debian)).CreateDatabaseAsync();
        await new SchemaMigrator(connection).MigrateAsync();
        await PostgresServer.ExecuteAsync(connection, "alter table holdfast.lives drop constraint lives_state_check, add constraint lives_state_check check (state in ('alive'))");
        var finding = Assert.Single((await CheckAsync(connection)).Findings);
        Assert.Equal(("check_definition", DriftLevel.Error, "check_definition constraint lives.lives_state_check"), (finding.Name, finding.Level, finding.CacheKey));
        Assert.Contains("'deleted'", finding.Metadata["expected_definition"], StringComparison.Ordinal);
        Assert.DoesNotContain("'deleted'", finding.Metadata["actual_definition"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task migrations_that_are_pending_are_no_drift()
    {
        var connection = await (await DriftServers.ServerAsync(PostgresVersion.Debian)).CreateDatabaseAsync();
        await new SchemaMigrator(connection).MigrateAsync();
        var next = Migration.Parse("V9999__next.sql", "create table {schema}.next_one (id integer primary key);");
        Assert.Empty((await CheckAsync(connection, [.. Migration.Shipped("Postgres"), next])).Findings.Select(finding => finding.Detail));
    }

    [Fact]
    public async Task migrations_that_name_their_schema_themselves_are_replayed_and_the_real_one_stays()
    {
        var connection = await (await DriftServers.ServerAsync(PostgresVersion.Debian)).CreateDatabaseAsync();
        var migration = Migration.Parse("V0001__own.sql", """
            create schema if not exists shop;
            create table shop.schema_versions (installed_rank bigint primary key, version text, description text, kind text, script text, checksum text, chain_hash text, state text);
            create table shop.orders (id bigint primary key, state text check (state in ('open', 'paid')));
            create index orders_state_idx on shop.orders (state);
            """);
        await PostgresServer.ExecuteAsync(connection, migration.Sql);
        await PostgresServer.ExecuteAsync(connection, $"insert into shop.orders values (1, 'open'); insert into shop.schema_versions values (1, '0001', 'own', 'V', 'V0001__own.sql', '{migration.Checksum}', '{migration.ChainHash("")}', 'applied')");
        Assert.Empty((await CheckAsync(connection, [migration], "shop")).Findings.Select(finding => finding.Detail));
        await PostgresServer.ExecuteAsync(connection, "drop index shop.orders_state_idx");
        Assert.Equal(["index_missing index orders.orders_state_idx"], (await CheckAsync(connection, [migration], "shop")).Findings.Select(finding => finding.CacheKey));
        Assert.Equal(["1"], await ListAsync(connection, "select id::text from shop.orders"));
    }

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task migrations_that_name_public_find_the_extensions_that_live_there(PostgresVersion version)
    {
        var connection = await (await DriftServers.ServerAsync(version)).CreateDatabaseAsync();
        var migration = Migration.Parse("V0001__docs.sql", """
            create extension if not exists pg_trgm with schema public;
            create extension if not exists citext;
            create table public.schema_versions (installed_rank bigint primary key, version text, description text, kind text, script text, checksum text, chain_hash text, state text);
            create table public.docs (id bigserial primary key, title text, body text, word citext default 'a'::public.citext);
            create index docs_title_idx on public.docs using gin (title gin_trgm_ops);
            create index docs_body_idx on public.docs using gin (body public.gin_trgm_ops);
            alter table public.docs add constraint docs_like check (public.similarity(title, body) >= 0 and title operator(public.%) title);
            create view public.alike as select id from public.docs where title % body;
            """);
        await PostgresServer.ExecuteAsync(connection, migration.Sql);
        await PostgresServer.ExecuteAsync(connection, $"insert into public.schema_versions values (1, '0001', 'docs', 'V', 'V0001__docs.sql', '{migration.Checksum}', '{migration.ChainHash("")}', 'applied')");
        var report = await CheckAsync(connection, [migration], "public");
        Assert.Null(Assert.Single(report.Providers).Error?.Message);
        Assert.Empty(report.Findings.Select(finding => finding.Detail));
        await PostgresServer.ExecuteAsync(connection, "drop index public.docs_body_idx; create index docs_body_idx on public.docs using gist (body public.gist_trgm_ops)");
        Assert.Equal(["index_definition index docs.docs_body_idx"], (await CheckAsync(connection, [migration], "public")).Findings.Select(finding => finding.CacheKey));
    }

    [Fact]
    public async Task who_does_not_own_the_schema_that_migrations_name_is_told_so()
    {
        var connection = await (await DriftServers.ServerAsync(PostgresVersion.Debian)).CreateDatabaseAsync();
        var migration = Migration.Parse("V0001__own.sql", """
            create schema if not exists store;
            create table store.schema_versions (installed_rank bigint primary key, version text, description text, kind text, script text, checksum text, chain_hash text, state text);
            """);
        await PostgresServer.ExecuteAsync(connection, migration.Sql);
        await PostgresServer.ExecuteAsync(connection, $"insert into store.schema_versions values (1, '0001', 'own', 'V', 'V0001__own.sql', '{migration.Checksum}', '{migration.ChainHash("")}', 'applied'); create role store_reader login; grant usage on schema store to store_reader; grant select on store.schema_versions to store_reader; do $$ begin execute format('grant create on database %I to store_reader', current_database()); end $$");
        var report = await CheckAsync(new NpgsqlConnectionStringBuilder(connection) { Username = "store_reader" }.ConnectionString, [migration], "store");
        Assert.Contains("needs to own the schema store", Assert.IsType<SchemaException>(Assert.Single(report.Providers).Error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_role_that_may_not_make_a_schema_is_told_what_it_lacks()
    {
        var server = await DriftServers.ServerAsync(PostgresVersion.Debian);
        var connection = await server.CreateDatabaseAsync();
        await new SchemaMigrator(connection).MigrateAsync();
        await PostgresServer.ExecuteAsync(connection, "create role looker login; grant usage on schema holdfast to looker; grant select on all tables in schema holdfast to looker");
        var report = await CheckAsync(new NpgsqlConnectionStringBuilder(connection) { Username = "looker" }.ConnectionString);
        var error = Assert.IsType<SchemaException>(Assert.Single(report.Providers).Error);
        Assert.Contains("needs CREATE on the database", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_schema_that_is_read_while_a_migration_runs_waits_for_it()
    {
        var connection = await (await DriftServers.ServerAsync(PostgresVersion.Debian)).CreateDatabaseAsync();
        await new SchemaMigrator(connection).MigrateAsync();
        await using var migrator = new NpgsqlConnection(connection + ";Pooling=false;Application Name=deploy");
        await migrator.OpenAsync();
        await MigrationLock.TakeAsync(migrator, TimeSpan.Zero, TimeProvider.System, CancellationToken.None);
        var refused = Assert.IsType<SchemaLockException>(Assert.Single((await CheckAsync(connection)).Providers).Error);
        Assert.Contains("of deploy", refused.Message, StringComparison.Ordinal);
        await MigrationLock.ReleaseAsync(migrator);
        Assert.Empty((await CheckAsync(connection)).Findings);
    }

    [Fact]
    public async Task roles_and_privileges_that_are_declared_beside_the_migrations_are_expected()
    {
        // A role belongs to a whole server, and would be one too many in every other database of it.
        await using var server = await PostgresServer.StartAsync();
        var connection = await server.CreateDatabaseAsync();
        await new SchemaMigrator(connection).MigrateAsync();
        await PostgresServer.ExecuteAsync(connection, "create role holdfast_reader; grant usage on schema holdfast to holdfast_reader");
        var roles = (await CheckAsync(connection)).Providers.Single().Actual!.Of(ObjectKind.Role).Where(role => role.Name == "holdfast_reader").ToList();
        Declaration declared = new() { Owner = "holdfast", Roles = roles, Statements = ["grant usage on schema {schema} to holdfast_reader", "grant select on {schema}.users to holdfast_reader"] };
        await PostgresServer.ExecuteAsync(connection, "alter role holdfast_reader connection limit 3");
        Assert.Equal(["grants table users", "role role holdfast_reader"], (await CheckAsync(connection, declared: declared)).Findings.Select(finding => finding.CacheKey).Order(StringComparer.Ordinal));
        await PostgresServer.ExecuteAsync(connection, "grant select on holdfast.users to holdfast_reader; alter role holdfast_reader connection limit -1");
        Assert.Empty((await CheckAsync(connection, declared: declared)).Findings.Select(one => one.Detail));
    }

    internal static Task<DriftReport> CheckAsync(string connection, IReadOnlyList<Migration>? migrations = null, string schema = "holdfast", Declaration? declared = null) =>
        new DriftCheck([new DriftTarget("main", new NpgsqlConnectionStringBuilder(connection))],
            new DriftOptions { Schema = schema, Migrations = migrations ?? Migration.Shipped("Postgres"), Declared = (_, _) => declared ?? Declaration.None, LockWaitMax = TimeSpan.FromSeconds(0.5) }).RunAsync(CancellationToken.None);

    private static async Task<List<string>> ListAsync(string connection, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var list = new List<string>();
        while (await reader.ReadAsync()) list.Add(reader.GetString(0));
        return list;
    }
}
