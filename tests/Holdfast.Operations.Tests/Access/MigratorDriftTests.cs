using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Drift;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>Drift is found, proved and repaired by the role that logs in to migrate, which may do nothing by itself.</summary>
public sealed class MigratorDriftTests
{
    [Theory]
    [InlineData(PostgresVersion.Debian, false)]
    [InlineData(PostgresVersion.Debian, true)]
    [InlineData(PostgresVersion.Newer, true)]
    public async Task it_finds_proves_and_repairs_as_its_own_log_in(PostgresVersion version, bool rowSecurity)
    {
        using var database = await AccessDatabase.AppliedAsync(version, rowSecurity);
        var migrator = await database.LogInAsync("migrator");
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(database.Schema, migrator)));
        await database.ExecuteAsync("""
            drop index {s}.settings_category_idx; drop table {s}.canary; revoke insert on {s}.lives from {s}_app;
            alter table {s}.lives drop constraint lives_state_check, add constraint lives_state_check check (state in ('alive'));
            alter role {s}_app_a connection limit 1
            """);
        var drift = await AccessDrift.CheckAsync(database.Schema, migrator);
        string[] mended = ["check_definition constraint lives.lives_state_check", "grants table lives", "index_missing index settings.settings_category_idx", "table_missing table canary"];
        Assert.Equal(mended.Append("role role {s}_app_a").Order(StringComparer.Ordinal), AccessDrift.Keys(drift));

        var proof = await DriftRepair.ProveAsync(drift, drift.Differences, default);
        Assert.Equal(["role role {s}_app_a"], proof.Refused.Select(one => one.Step.Difference.CacheKey.Replace(database.Schema, "{s}", StringComparison.Ordinal)));
        Assert.Contains($"\nset role \"{database.Schema}_owner\";\n", RepairScript.Write(drift, proof), StringComparison.Ordinal);

        var result = await AccessDrift.RepairAsync(drift);
        Assert.Equal(mended.Length, result.Proof.Proved.Count);
        Assert.Equal(["role role {s}_app_a"], AccessDrift.Keys(await AccessDrift.CheckAsync(database.Schema, migrator)));
        Assert.Equal($"{database.Schema}_owner", await database.ScalarAsync<string>("select tableowner::text from pg_tables where schemaname = '{s}' and tablename = 'canary'"));
        await database.ExecuteAsync("alter role {s}_app_a connection limit -1");
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(database)));
    }

    [Fact]
    public async Task a_plan_that_was_written_runs_as_the_migrator()
    {
        using var database = await AccessDatabase.AppliedAsync();
        var migrator = await database.LogInAsync("migrator");
        await database.ExecuteAsync("drop index {s}.settings_category_idx; drop table {s}.canary");
        var drift = await AccessDrift.CheckAsync(database.Schema, migrator);
        var plan = RepairScript.Write(drift, await DriftRepair.ProveAsync(drift, drift.Differences, default));
        await using var connection = new NpgsqlConnection(migrator + ";Pooling=false");
        await connection.OpenAsync();
        foreach (var statement in Operations.Schema.Sql.SqlScript.Parse(plan.Replace("\\set ON_ERROR_STOP on", "", StringComparison.Ordinal)).Statements)
            await new NpgsqlCommand(statement.Sql, connection).ExecuteNonQueryAsync();
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(database)));
    }

    [Fact]
    public async Task who_may_only_hand_the_owners_role_on_is_not_taken_for_one_that_may_become_it()
    {
        using var database = await AccessDatabase.AppliedAsync(PostgresVersion.Newer);
        await database.ExecuteAsync("create role {s}_admin login in role admins_of_providers; do $$ begin execute format('grant connect on database %I to {s}_admin', current_database()); end $$; grant {s}_owner to {s}_admin with admin true, inherit false, set false");
        var facts = (await AccessDrift.CheckAsync(database)).Actual!.Facts;
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.Connection) { Username = $"{database.Schema}_admin", Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        Assert.Null(await SchemaOwner.ToBeAsync(connection, facts, default));
        await database.ExecuteAsync("grant {s}_owner to {s}_admin with set true");
        Assert.Equal(new SchemaOwner($"{database.Schema}_owner", MayCreateSchemas: true), await SchemaOwner.ToBeAsync(connection, facts, default));
    }
}
