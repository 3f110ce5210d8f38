using Holdfast.Operations.Access;
using Holdfast.Operations.Schema.Drift;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>Roles are as access declares them, also where there is no other provider to compare with.</summary>
public sealed class AccessRoleDriftTests
{
    private static readonly (string Harm, string Found)[] Changes =
    [
        ("alter role {s}_app_a superuser", "role role {s}_app_a"),
        ("alter role {s}_ro createdb createrole replication bypassrls", "role role {s}_ro"),
        ("grant pg_write_all_data to {s}_app", "role role {s}_app"),
        ("revoke pg_read_all_stats from {s}_app", "role role {s}_app"),
        ("revoke {s}_owner from {s}_migrator", "role role {s}_migrator"),
        ("alter role {s}_migrator inherit", "role role {s}_migrator"),
        ("alter role {s}_app connection limit 0", "role role {s}_app"),
        ("alter role {s}_monitor nologin", "role role {s}_monitor"),
        ("alter role {s}_app_a set search_path = public", "settings role {s}_app_a"),
        ("alter role {s}_app_b reset statement_timeout", "settings role {s}_app_b"),
        ("alter role {s}_backup set default_transaction_read_only = off", "settings role {s}_backup"),
    ];

    [Fact]
    public async Task a_role_that_was_changed_is_found_and_repaired()
    {
        using var database = await AccessDatabase.AppliedAsync();
        foreach (var (harm, found) in Changes)
        {
            await database.ExecuteAsync(harm);
            var drift = await AccessDrift.CheckAsync(database);
            Assert.Equal((harm, found), (harm, string.Join(", ", AccessDrift.Keys(drift))));
            Assert.Equal((harm, ""), (harm, string.Join(", ", (await AccessDrift.RepairAsync(drift)).Left.Where(left => left.Class.Level != DriftLevel.Info).Select(left => left.Detail))));
        }
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(database)));
    }

    [Fact]
    public async Task all_that_was_changed_is_found_and_repaired_at_once_on_a_newer_major()
    {
        using var database = await AccessDatabase.AppliedAsync(PostgresVersion.Newer);
        await database.ExecuteAsync(string.Join(';', Changes.Select(change => change.Harm)));
        var drift = await AccessDrift.CheckAsync(database);
        Assert.Equal(Changes.Select(change => change.Found).Distinct().Order(StringComparer.Ordinal), AccessDrift.Keys(drift));
        await AccessDrift.RepairAsync(drift);
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(database)));
    }

    [Fact]
    public async Task what_the_declaration_leaves_open_is_no_drift()
    {
        using var database = await AccessDatabase.AppliedAsync(rowSecurity: true);
        await database.ExecuteAsync("alter role {s}_app_b nologin; alter role {s}_backup nobypassrls; alter role {s}_app_a set work_mem = '8MB'");
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(database)));
    }

    [Fact]
    public async Task a_setting_that_holds_in_this_database_alone_is_found_and_access_apply_takes_it_away()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await database.ExecuteAsync("do $$ begin execute format('alter role {s}_app_a in database %I set search_path = public', current_database()); end $$");
        Assert.Equal(["settings role {s}_app_a"], AccessDrift.Keys(await AccessDrift.CheckAsync(database)));
        await database.Control.ApplyAsync(new AccessOptions(), null, default);
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(database)));
    }

    [Fact]
    public async Task a_setting_that_is_not_declared_is_compared_with_the_other_providers()
    {
        using var one = await AccessDatabase.AppliedAsync();
        using var other = await AccessDatabase.CreateAsync(PostgresVersion.Newer, schema: one.Schema);
        await other.Control.ApplyAsync(new AccessOptions(), null, default);
        await other.ExecuteAsync("alter role {s}_app_a set work_mem = '8MB'");
        var drift = await AccessDrift.CheckAsync(other, one.Connection, one.Connection);
        Assert.Equal(["settings role {s}_app_a"], AccessDrift.Keys(drift));
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(one, other.Connection, one.Connection)));
    }

    [Fact]
    public async Task a_role_that_is_missing_is_the_finding_and_what_it_may_is_not()
    {
        using var database = await AccessDatabase.AppliedAsync(rowSecurity: true);
        await database.ExecuteAsync("drop owned by {s}_ro; drop role {s}_ro; alter table {s}.lives drop constraint lives_state_check, add constraint lives_state_check check (state in ('alive'))");
        var drift = await AccessDrift.CheckAsync(database);
        Assert.Equal(["check_definition constraint lives.lives_state_check", "role role {s}_ro"], AccessDrift.Keys(drift));
        var missing = drift.Findings.Single(finding => finding.Name == "role");
        Assert.Equal((false, "holdfast access apply --row-security --provider one"), (missing.Repairable, missing.Metadata["run"]));
        await AccessDrift.RepairAsync(drift);
        await database.Control.ApplyAsync(new AccessOptions(RowSecurity: true), null, default);
        Assert.Empty(AccessDrift.Keys(await AccessDrift.CheckAsync(database)));
    }
}
