using Holdfast.Operations.Access;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>With row-level security the relay's bookkeeping, in which no column tells the tenant, is the relay's.</summary>
public sealed class RelayBookkeepingTests
{
    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task nobody_reads_another_tenants_name_from_a_cursor_or_stops_its_relay(PostgresVersion version)
    {
        using var database = await AccessDatabase.AppliedAsync(version, rowSecurity: true);
        foreach (var role in (string[])["app_a", "app_b", "ro", "monitor"]) await database.RefusedAsync(role, "select anchor_tenant_id, anchor_id from {s}.relay_cursors");
        foreach (var role in (string[])["app_a", "ro"]) await database.RefusedAsync(role, "select * from {s}.relay_sources");
        foreach (var table in (string[])["relay_cursors", "relay_sources"]) await database.RefusedAsync("app_a", $"delete from {{s}}.{table}");
        await database.RefusedAsync("app_a", "update {s}.relay_sources set holder = gen_random_uuid(), held_until = 'infinity'");
        await database.RefusedAsync("app_a", "insert into {s}.relay_sources (source, holder, held_until, pulled_rows) values ('x', gen_random_uuid(), 'infinity', 0)");
        await database.ExecuteAsAsync("monitor", "select * from {s}.relay_sources");
        await database.ExecuteAsAsync("backup", "select * from {s}.relay_sources; select * from {s}.relay_cursors");
        await database.ExecuteAsAsync("relay", "insert into {s}.relay_sources (source, holder, held_until, pulled_rows) values ('x', gen_random_uuid(), now(), 0); update {s}.relay_cursors set repair_pending = false");
        var matrix = await database.VerifyAsync(rowSecurity: true, logIn: true);
        Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(10)));

        // A grant from before, or by hand, is found and goes.
        await database.ExecuteAsync("grant select on {s}.relay_cursors to {s}_app; grant update on {s}.relay_sources to {s}_app");
        var wrong = (await database.VerifyAsync(rowSecurity: true)).Wrong.Select(cell => cell.ToString()).ToList();
        Assert.Contains(wrong, cell => cell.Contains("select on relay_cursors must be refused", StringComparison.Ordinal));
        Assert.Contains(wrong, cell => cell.Contains("update on relay_sources must be refused", StringComparison.Ordinal));
        await database.Control.ApplyAsync(new AccessOptions(RowSecurity: true), null, default);
        Assert.True((await database.VerifyAsync(rowSecurity: true)).IsRight);
    }

    [Fact]
    public async Task without_row_level_security_the_app_is_the_relay()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await database.ExecuteAsAsync("app_a", "select * from {s}.relay_cursors; update {s}.relay_sources set held_until = now()");
        await database.ExecuteAsAsync("ro", "select * from {s}.relay_cursors");
        Assert.True((await database.VerifyAsync()).IsRight);
    }
}
