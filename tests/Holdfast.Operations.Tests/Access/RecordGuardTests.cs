using Holdfast.Operations.Access;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>Who erased what, and when, stays as it was written.</summary>
public sealed class RecordGuardTests
{
    private const string Records = "select string_agg(to_jsonb(e)::text, ';' order by id) from {s}.erasures e";

    /// <summary>As a worker of logical replication and <c>pg_restore</c> write: ordinary triggers do not fire there.</summary>
    [Fact]
    public async Task the_guards_hold_for_whoever_copies_rows_too()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await database.ExecuteAsAsync("app_b", "select * from {s}.erase('acme', 'maria', null)");
        string[] refused = ["delete from {s}.erasures", "truncate {s}.payments", "update {s}.erasures set key = 'nobody did this'"];
        async Task HoldAsync()
        {
            foreach (var sql in refused)
                Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync($"set session_replication_role = replica; {sql}"))).SqlState);
        }
        await HoldAsync();
        // As an earlier program left them.
        await database.ExecuteAsync("alter table {s}.payments enable trigger refuse_truncate");
        Assert.Contains((await database.VerifyAsync()).Wrong, cell => cell is { Operation: "guard", Subject: "payments" });
        await database.Control.ApplyAsync(new AccessOptions(), null, default);
        Assert.True((await database.VerifyAsync()).IsRight);
        await HoldAsync();
    }

    [Theory]
    [InlineData(PostgresVersion.Debian, false)]
    [InlineData(PostgresVersion.Newer, false)]
    [InlineData(PostgresVersion.Newer, true)]
    public async Task nobody_alters_the_record_of_an_erasure(PostgresVersion version, bool rowSecurity)
    {
        using var database = await AccessDatabase.AppliedAsync(version, rowSecurity);
        const string Tenant = "select set_config('holdfast.tenant', 'acme', true);";
        await database.ExecuteAsAsync("app_b", $"{Tenant} select * from {{s}}.erase('acme', 'maria', null)");
        var before = await database.ScalarAsync<string>(Records);
        foreach (var change in new[]
        {
            "key = null", "key = 'erase by nobody: 0 rows'", "user_id = 'otto'", "session_id = 's'", "occurred_at = now() - interval '1 year'", "id = gen_random_uuid()",
            "through = '00000000-0000-7000-8000-000000000000'", "stamp = 'ffffffff-ffff-7fff-bfff-ffffffffffff'", "tenant_id = 'globex'", "loser = '{}', key = 'x'",
        })
        {
            await database.RefusedAsync("app_a", $"{Tenant} update {{s}}.erasures set {change}");
            if (rowSecurity) continue;
            Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync($"update {{s}}.erasures set {change}"))).SqlState);
        }
        // As a merge would: by a row of the same id that is older.
        foreach (var change in new[] { "key = null", "occurred_at = 'epoch'", "user_id = 'otto'" })
            Assert.Equal("23001", (await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsAsync("app_a", $"{Tenant} update {{s}}.erasures set stamp = '00000000-0000-7000-8000-000000000000', {change}"))).SqlState);
        await database.RefusedAsync("app_a", $"{Tenant} delete from {{s}}.erasures");
        Assert.Equal(before, await database.ScalarAsync<string>(Records));
        // What is bookkeeping of the merge may be written.
        await database.ExecuteAsAsync("app_a", $"{Tenant} update {{s}}.erasures set loser = null, feed = feed, nonce = nonce");
        Assert.Equal(before, await database.ScalarAsync<string>(Records));
        var matrix = await database.VerifyAsync();
        Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(10)));
    }

    /// <summary>One forged row must not hold up the erasures that come after it: it is refused as a row, which the relay parks.</summary>
    [Fact]
    public async Task a_merge_brings_every_erasure_and_no_forged_one()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await using var store = await PostgresConnector.ConnectAsync(new Secret(await database.LogInAsync("app_a")), database.Schema, TimeProvider.System, null, default, new StoreOwner("acme", "HOLDFAST_PROVIDER_X_RELAY"));
        var clock = new Clock();
        var (early, stamp, late) = (clock.Next(), clock.Next(), clock.Next());
        Row Erasure(Stamp at, string? user, Guid? id = null) => new(Tables.Erasures, "acme", id ?? at.Value, at, user, null, "who", DateTimeOffset.UnixEpoch, [at.Value]);
        var row = Erasure(stamp, "maria");
        await store.MergeAsync([row], default);
        var before = await database.ScalarAsync<string>(Records);
        // The same again, and one that comes later with the same id and loses.
        await store.MergeAsync([row], default);
        await store.MergeAsync([Erasure(late, "otto", row.Id)], default);
        Assert.Equal(1L, await database.ScalarAsync<long>("select count(*) from {s}.conflicts"));
        await Assert.ThrowsAsync<RowRefusedException>(() => store.MergeAsync([Erasure(early, "otto", row.Id)], default));
        Assert.Equal(before, await database.ScalarAsync<string>(Records));
        await store.MergeAsync([Erasure(clock.Next(), "otto")], default);
        Assert.Equal(2L, await database.ScalarAsync<long>("select count(*) from {s}.erasures"));
    }
}
