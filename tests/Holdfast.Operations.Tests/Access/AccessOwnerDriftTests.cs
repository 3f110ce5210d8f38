using System.Diagnostics;
using Holdfast.Operations.Access;
using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Drift;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Stores.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>What access declares stays declared where the owner has changed, and where another provider has it.</summary>
public sealed class AccessOwnerDriftTests
{
    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task a_schema_that_was_given_to_somebody_else_is_found_and_no_policy_is_dropped(PostgresVersion version)
    {
        using var database = await AccessDatabase.AppliedAsync(version, rowSecurity: true);
        await database.ExecuteAsync("reassign owned by {s}_owner to holdfast; revoke insert on {s}.lives from {s}_app");
        var drift = await AccessDrift.CheckAsync(database);
        var keys = AccessDrift.Keys(drift).ToList();
        Assert.Contains("owner schema {schema}", keys);
        Assert.Contains("owner table lives", keys);
        Assert.Equal(["grants table lives"], keys.Where(key => !key.StartsWith("owner ", StringComparison.Ordinal)));
        Assert.Empty((await AccessDrift.RepairAsync(drift)).Left.Where(left => left.Class.Level != DriftLevel.Info).Select(left => left.Detail));
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(database)));
        var matrix = await database.VerifyAsync(rowSecurity: true);
        Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(10)));
    }

    [Fact]
    public async Task a_restore_without_owners_is_found_and_no_policy_is_dropped()
    {
        using var source = await AccessDatabase.AppliedAsync(rowSecurity: true);
        using var target = await AccessDatabase.CreateAsync(migrated: false, schema: source.Schema);
        await CopyAsync(source, target, "--no-owner", "--no-acl");
        var before = await target.ScalarAsync<long>("select count(*) from pg_policies where schemaname = '{s}'");
        var drift = await AccessDrift.CheckAsync(target);
        var keys = AccessDrift.Keys(drift).ToList();
        Assert.Contains("owner schema {schema}", keys);
        Assert.Contains("grants table lives", keys);
        Assert.DoesNotContain(drift.Findings, finding => finding.Name is "policy" or "rls_disabled" or "function_body" or "trigger_missing");
        await AccessDrift.RepairAsync(drift);
        Assert.Equal(before, await target.ScalarAsync<long>("select count(*) from pg_policies where schemaname = '{s}'"));
        await target.Control.ApplyAsync(new AccessOptions(), null, default);
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(target, source.Connection)));
    }

    [Fact]
    public async Task a_provider_that_access_was_never_applied_to_is_found_beside_one_that_has_it()
    {
        using var one = await AccessDatabase.AppliedAsync(rowSecurity: true);
        using var other = await AccessDatabase.CreateAsync(PostgresVersion.Newer, schema: one.Schema);
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(other)));
        await other.ExecuteAsync("alter table {s}.lives drop constraint lives_state_check, add constraint lives_state_check check (state in ('alive'))");
        var drift = await AccessDrift.CheckAsync(other, one.Connection);
        string[] roles = ["app", "app_a", "app_b", "backup", "migrator", "monitor", "owner", "relay", "ro"];
        Assert.Equal(["check_definition constraint lives.lives_state_check", "owner schema {schema}", .. roles.Select(role => $"role role {{s}}_{role}")], AccessDrift.Keys(drift));
        Assert.All(drift.Findings.Where(finding => finding.Name != "check_definition"), finding => Assert.Equal((false, "holdfast access apply --row-security --provider one"), (finding.Repairable, finding.Metadata["run"])));
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(one, other.Connection)));

        await AccessDrift.RepairAsync(drift);
        await other.Control.ApplyAsync(new AccessOptions(RowSecurity: true), null, default);
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(other, one.Connection)));
    }

    [Fact]
    public async Task a_second_database_of_the_same_server_has_the_roles_and_not_the_access()
    {
        using var one = await AccessDatabase.AppliedAsync(rowSecurity: true);
        var second = await one.Server.CreateDatabaseAsync();
        await new SchemaMigrator(second, one.Schema).MigrateAsync();
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(one.Schema, second)));
        var drift = await AccessDrift.CheckAsync(one.Schema, second, one.Connection);
        Assert.Equal(["owner schema {schema}"], AccessDrift.Keys(drift));
        Assert.Contains($"should be {one.Schema}_owner", drift.Findings[0].Detail, StringComparison.Ordinal);
        // Without the rows kept apart, as it is in the second: the relay's role is another database's there.
        await new AccessControl(new NpgsqlConnectionStringBuilder(second), one.Schema).ApplyAsync(new AccessOptions(), null, default);
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(one.Schema, second)));
        var open = await AccessDrift.CheckAsync(one.Schema, second, one.Connection);
        Assert.Equal(["rls_disabled", "grants"], open.Findings.Where(finding => finding.CacheKey.EndsWith(" table lives", StringComparison.Ordinal)).Select(finding => finding.Name));
        await AccessDrift.RepairAsync(open);
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(one.Schema, second, one.Connection)));
    }

    [Fact]
    public async Task row_level_security_that_was_taken_off_everywhere_is_missed()
    {
        using var database = await AccessDatabase.AppliedAsync(rowSecurity: true);
        await database.ExecuteAsync("""
            do $$ declare p record; begin
              for p in select * from pg_policies where schemaname = '{s}' loop execute format('drop policy %I on {s}.%I', p.policyname, p.tablename); end loop;
              for p in select relname from pg_class where relnamespace = '{s}'::regnamespace and relrowsecurity loop execute format('alter table {s}.%I disable row level security, no force row level security', p.relname); end loop;
            end $$
            """);
        var drift = await AccessDrift.CheckAsync(database);
        Assert.Contains("rls_disabled table session_memories", AccessDrift.Keys(drift));
        await AccessDrift.RepairAsync(drift);
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(database)));
    }

    [Fact]
    public async Task policies_under_rules_that_nobody_declares_are_never_taken_off()
    {
        using var database = await AccessDatabase.AppliedAsync(rowSecurity: true);
        DriftOptions options = new() { Schema = database.Schema, Migrations = Migration.Shipped("Postgres") };
        var drift = (await new DriftCheck([new DriftTarget("one", new(database.Connection))], options).RunAsync(default)).Providers.Single();
        var policies = drift.Findings.Where(finding => finding.Name == "policy").ToList();
        Assert.NotEmpty(policies);
        Assert.DoesNotContain(policies, finding => finding.Repairable);
    }

    [Fact]
    public async Task rules_are_not_switched_on_where_their_policies_cannot_be_made()
    {
        using var database = await AccessDatabase.AppliedAsync(rowSecurity: true);
        await database.ExecuteAsync("drop policy tenant_of_the_transaction on {s}.revisions; alter table {s}.revisions disable row level security");
        var drift = await AccessDrift.CheckAsync(database);
        var policy = drift.Differences.Single(difference => difference.Class == DriftClasses.Policy).Expected!;
        var expected = drift.Expected! with { Objects = new Dictionary<ObjectKey, CatalogueObject>(drift.Expected.Objects) { [policy.Key] = policy.With(("using", "no_such_column")) } };
        var proof = await DriftRepair.ProveAsync(drift with { Expected = expected }, DriftCheck.Compare(expected, drift.Actual!), default);
        Assert.Equal(["policy policy revisions.tenant_of_the_transaction", "rls_disabled table revisions"], proof.Refused.Select(one => one.Step.Difference.CacheKey));
        Assert.Empty(proof.Proved);
        Assert.True(proof.Holds);
    }

    private static async Task CopyAsync(AccessDatabase source, AccessDatabase target, params string[] options)
    {
        var (from, to) = (new NpgsqlConnectionStringBuilder(source.Connection), new NpgsqlConnectionStringBuilder(target.Connection));
        var programs = PostgresPrograms.Folder(PostgresVersion.Debian);
        var file = Path.Combine(source.Home, "dump.sql");
        await RunAsync(Path.Combine(programs, "pg_dump"), ["-h", from.Host!, "-p", $"{from.Port}", "-U", from.Username!, "-d", from.Database!, "-n", source.Schema, "-f", file, .. options]);
        await RunAsync(Path.Combine(programs, "psql"), ["-h", to.Host!, "-p", $"{to.Port}", "-U", to.Username!, "-d", to.Database!, "-q", "-v", "ON_ERROR_STOP=1", "-f", file]);
    }

    private static async Task RunAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var (errors, output) = (process.StandardError.ReadToEndAsync(), process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program}: {await errors} {await output}");
    }
}
