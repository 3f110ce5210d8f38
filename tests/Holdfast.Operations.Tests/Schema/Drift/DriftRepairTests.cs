using Holdfast.Operations.Schema.Drift;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Stores.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Drift;

public sealed class DriftRepairTests
{
    private static readonly DriftOptions Options = new() { Schema = "holdfast", Migrations = Migration.Shipped("Postgres"), LockWaitMax = TimeSpan.FromSeconds(5) };

    [Fact]
    public async Task what_is_made_again_belongs_to_the_owner_of_the_rest_also_where_a_migrator_does_it()
    {
        var connection = await MigratedAsync();
        await PostgresServer.ExecuteAsync(connection, """
            do $$ declare t regclass; begin
              create role repair_owner nologin; create role repair_migrator login in role repair_owner;
              execute format('grant create on database %I to repair_migrator', current_database());
              alter schema holdfast owner to repair_owner; alter function holdfast.is_erased(text, uuid, text, text) owner to repair_owner;
              for t in select oid::regclass from pg_class where relnamespace = 'holdfast'::regnamespace and relkind = 'r' loop execute format('alter table %s owner to repair_owner', t); end loop;
            end $$;
            drop table holdfast.canary;
            """);
        var drift = await DriftAsync(new NpgsqlConnectionStringBuilder(connection) { Username = "repair_migrator" }.ConnectionString);
        Assert.Equal(["table_missing table canary"], drift.Differences.Select(difference => difference.CacheKey));
        var result = await new DriftRepair(Options).RunAsync(drift, drift.Differences, null, CancellationToken.None);
        Assert.Empty(result.Left.Select(left => left.Detail));
        Assert.Empty((await DriftAsync(connection)).Findings.Select(finding => finding.Detail));
    }

    [Fact]
    public async Task an_index_that_was_left_invalid_is_built_again()
    {
        var connection = await MigratedAsync();
        await PostgresServer.ExecuteAsync(connection, "update pg_index set indisvalid = false where indexrelid = 'holdfast.settings_category_idx'::regclass");
        var drift = await DriftAsync(connection);
        Assert.Equal(["index_invalid index settings.settings_category_idx"], drift.Differences.Select(difference => difference.CacheKey));
        Assert.Empty((await new DriftRepair(Options).RunAsync(drift, drift.Differences, null, CancellationToken.None)).Left);
    }

    [Fact]
    public async Task a_key_whose_valid_index_is_there_takes_that_and_is_never_without_it()
    {
        var connection = await MigratedAsync();
        await PostgresServer.ExecuteAsync(connection, "alter table holdfast.users drop constraint users_pkey; create unique index users_pkey on holdfast.users (tenant_id, key)");
        var before = await AskAsync(connection, "select 'holdfast.users_pkey'::regclass::oid::text");
        var drift = await DriftAsync(connection);
        Assert.Equal(["index_extra index users.users_pkey", "key_missing constraint users.users_pkey"], drift.Differences.Select(difference => difference.CacheKey).Order());
        Assert.Empty((await new DriftRepair(Options).RunAsync(drift, drift.Differences, null, CancellationToken.None)).Left.Select(left => left.Detail));
        Assert.Equal(before, await AskAsync(connection, "select conindid::text from pg_constraint where conname = 'users_pkey'"));
    }

    [Theory]
    [InlineData("create index users_pkey on holdfast.users (tenant_id, key)", "users")]
    [InlineData("create unique index users_pkey on holdfast.users (tenant_id, key, stamp)", "users")]
    [InlineData("create unique index users_pkey on holdfast.lives (tenant_id, key)", "lives")]
    [InlineData("create unique index users_pkey on holdfast.lives (tenant_id, key); update pg_index set indisvalid = false where indexrelid = 'holdfast.users_pkey'::regclass", "lives")]
    public async Task an_index_that_only_has_the_name_of_a_missing_key_stays(string sql, string table)
    {
        var connection = await MigratedAsync();
        await PostgresServer.ExecuteAsync(connection, $"alter table holdfast.users drop constraint users_pkey; {sql}");
        var drift = await DriftAsync(connection);
        Assert.False(drift.Findings.Single(finding => finding.CacheKey == "key_missing constraint users.users_pkey").Repairable);
        await new DriftRepair(Options).RunAsync(drift, drift.Differences, null, CancellationToken.None);
        Assert.Equal(table, await AskAsync(connection, "select t.relname::text from pg_index i join pg_class t on t.oid = i.indrelid where i.indexrelid = 'holdfast.users_pkey'::regclass"));
    }

    [Fact]
    public async Task an_invalid_index_of_a_missing_key_goes_only_when_the_new_one_stands()
    {
        var connection = await MigratedAsync();
        await PostgresServer.ExecuteAsync(connection, "alter table holdfast.users drop constraint users_pkey; create unique index users_pkey on holdfast.users (tenant_id, key); update pg_index set indisvalid = false where indexrelid = 'holdfast.users_pkey'::regclass");
        var drift = await DriftAsync(connection);
        var result = await new DriftRepair(Options).RunAsync(drift, drift.Differences, null, CancellationToken.None);
        Assert.Empty(result.Left.Select(left => left.Detail));
        var statements = result.Proof.Proved.SelectMany(step => step.Statements).ToList();
        Assert.True(statements.FindIndex(sql => sql.StartsWith("create unique index", StringComparison.Ordinal)) < statements.FindIndex(sql => sql.Contains("drop index") && sql.Contains("users_pkey")), string.Join('\n', statements));
        Assert.Empty((await DriftAsync(connection)).Findings.Select(finding => finding.Detail));
    }

    [Fact]
    public async Task a_key_that_the_model_has_lost_stays_where_it_is()
    {
        var (model, healthy) = (await MigratedAsync(), await MigratedAsync());
        await PostgresServer.ExecuteAsync(model, "alter table holdfast.users drop constraint users_pkey");
        var options = Options with { Against = "model" };
        var drift = Assert.Single((await new DriftCheck([new("model", new(model)), new("main", new(healthy))], options).RunAsync(CancellationToken.None)).Providers);
        Assert.Equal([("key_missing constraint users.users_pkey", false)], drift.Findings.Select(finding => (finding.CacheKey, finding.Repairable)));
        await new DriftRepair(options).RunAsync(drift, drift.Differences, null, CancellationToken.None);
        Assert.Empty((await DriftAsync(healthy)).Findings.Select(finding => finding.Detail));
    }

    [Fact]
    public async Task another_server_than_the_one_that_was_compared_is_not_touched()
    {
        var (first, second) = (await MigratedAsync(), await MigratedAsync());
        foreach (var connection in (string[])[first, second]) await PostgresServer.ExecuteAsync(connection, "drop index holdfast.settings_category_idx");
        var drift = await DriftAsync(first);
        var elsewhere = drift with { Target = new DriftTarget("main", new NpgsqlConnectionStringBuilder(second)) };
        var refused = await Assert.ThrowsAsync<SchemaException>(() => new DriftRepair(Options).RunAsync(elsewhere, drift.Differences, null, CancellationToken.None));
        Assert.Contains("another server answers", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["index_missing index settings.settings_category_idx"], (await DriftAsync(second)).Differences.Select(difference => difference.CacheKey));
    }

    [Fact]
    public async Task a_schema_that_has_changed_since_it_was_compared_is_not_touched()
    {
        var connection = await MigratedAsync();
        await PostgresServer.ExecuteAsync(connection, "drop index holdfast.settings_category_idx");
        var drift = await DriftAsync(connection);
        await PostgresServer.ExecuteAsync(connection, "alter table holdfast.users add column stray text");
        var refused = await Assert.ThrowsAsync<SchemaException>(() => new DriftRepair(Options).RunAsync(drift, drift.Differences, null, CancellationToken.None));
        Assert.Contains("has changed since it was compared", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_one_of_two_providers_has_open_to_all_is_too_much_there_and_not_missing_at_the_other()
    {
        var (open, closed) = (await MigratedAsync(), await MigratedAsync());
        await PostgresServer.ExecuteAsync(open, "grant select on holdfast.erasures to public");
        var (first, second) = (await DriftAsync(open, closed), await DriftAsync(closed, open));
        Assert.Equal(["grants table erasures"], first.Findings.Where(finding => finding.Repairable).Select(finding => finding.CacheKey));
        Assert.Empty(second.Findings.Select(finding => finding.Detail));
    }

    [Fact]
    public async Task what_most_providers_have_open_or_raised_is_told_and_never_done_by_a_repair()
    {
        string[] three = [await MigratedAsync(), await MigratedAsync(), await MigratedAsync()];
        await PostgresServer.ExecuteAsync(three[0], "create role drift_reader");
        foreach (var connection in three[..2])
            await PostgresServer.ExecuteAsync(connection, "grant select on holdfast.erasures to public; grant delete on holdfast.lives to drift_reader; grant insert on holdfast.users to drift_reader; alter default privileges in schema holdfast grant select on tables to public");
        var drift = await DriftAsync(three[2], three[0], three[1]);
        Assert.Equal(
            [("default privileges (owner) tables in the schema", false), ("table erasures", false), ("table lives", false), ("table users", true)],
            drift.Findings.Select(finding => (finding.CacheKey[(finding.CacheKey.IndexOf(' ', StringComparison.Ordinal) + 1)..].Replace("default privileges default", "default", StringComparison.Ordinal), finding.Repairable)).Order());
    }

    [Fact]
    public async Task a_policy_that_takes_rows_away_stays_and_one_that_opens_them_goes_with_its_text_in_the_finding()
    {
        var connection = await MigratedAsync();
        await PostgresServer.ExecuteAsync(connection, "create policy shut on holdfast.users as restrictive using (tenant_id <> 'x'); create policy wide on holdfast.users using (tenant_id = 'y')");
        var drift = await DriftAsync(connection);
        Assert.Equal([("policy policy users.shut", false), ("policy policy users.wide", true)], drift.Findings.Select(finding => (finding.CacheKey, finding.Repairable)).Order());
        Assert.Contains("as permissive for all to public using ((tenant_id = 'y'::text))", drift.Findings.Single(finding => finding.Repairable).Detail, StringComparison.Ordinal);
        Assert.Equal("(tenant_id = 'y'::text)", drift.Findings.Single(finding => finding.Repairable).Metadata["actual_using"]);
        Assert.Equal(["policy policy users.shut"], (await new DriftRepair(Options).RunAsync(drift, drift.Differences, null, CancellationToken.None)).Left.Select(left => left.CacheKey));
    }

    [Theory]
    [InlineData("alter table holdfast.lives drop constraint lives_state_check; insert into holdfast.lives (tenant_id, key, stamp, occurred_at, state) values ('t', 'k', gen_random_uuid(), now(), 'undead')", "23514")]
    [InlineData("alter table holdfast.users drop constraint users_pkey; insert into holdfast.users select u.* from holdfast.users u, generate_series(1, 2)", "23505")]
    public async Task a_repair_that_rows_refuse_leaves_nothing_half_done(string sql, string state)
    {
        var connection = await MigratedAsync();
        await PostgresServer.ExecuteAsync(connection, "insert into holdfast.users (tenant_id, key, stamp, occurred_at) values ('t', 'k', gen_random_uuid(), now())");
        await PostgresServer.ExecuteAsync(connection, sql);
        var drift = await DriftAsync(connection);
        var stopped = await Assert.ThrowsAsync<SchemaRepairException>(() => new DriftRepair(Options).RunAsync(drift, drift.Differences, null, CancellationToken.None));
        Assert.Contains(state, stopped.Message, StringComparison.Ordinal);
        Assert.False(stopped.IsBlocked);
        Assert.Equal(drift.Actual!.Fingerprint, (await DriftAsync(connection)).Actual!.Fingerprint);
        Assert.Equal(drift.Differences.Select(one => one.CacheKey), (await DriftAsync(connection)).Differences.Select(one => one.CacheKey));
    }

    [Fact]
    public async Task a_history_that_may_not_be_read_is_not_taken_for_none()
    {
        var connection = await MigratedAsync();
        await PostgresServer.ExecuteAsync(connection, "create role drift_blind login; grant usage on schema holdfast to drift_blind; do $$ begin execute format('grant create on database %I to drift_blind', current_database()); end $$");
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => DriftAsync(new NpgsqlConnectionStringBuilder(connection) { Username = "drift_blind" }.ConnectionString));
        Assert.Contains("grant select on holdfast.schema_versions to \"drift_blind\"", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<string?> AskAsync(string connection, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(sql);
        return (string?)await command.ExecuteScalarAsync();
    }

    private static async Task<string> MigratedAsync()
    {
        var connection = await (await DriftServers.ServerAsync(PostgresVersion.Debian)).CreateDatabaseAsync();
        await new SchemaMigrator(connection).MigrateAsync();
        return connection;
    }

    private static async Task<ProviderDrift> DriftAsync(string connection, params string[] beside)
    {
        DriftTarget[] targets = [new("main", new(connection)), .. beside.Select((other, i) => new DriftTarget($"other{i}", new(other)))];
        var drift = (await new DriftCheck(targets, Options).RunAsync(CancellationToken.None)).Providers.Single(provider => provider.Target.Name == "main");
        return drift.Error is null ? drift : throw drift.Error;
    }
}
