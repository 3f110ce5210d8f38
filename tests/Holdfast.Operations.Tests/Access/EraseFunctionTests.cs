using Holdfast.Operations.Access;
using Holdfast.Rows;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

public sealed class EraseFunctionTests
{
    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task erase_forgets_a_user_as_holdfast_does_keeps_the_rows_and_says_who_did_it(PostgresVersion version)
    {
        using var database = await AccessDatabase.AppliedAsync(version);
        var options = new HoldfastOptions { Home = database.Home, Schema = database.Schema };
        options.Providers.Add(new ProviderOptions { Name = "main", Connection = await database.LogInAsync("app_a") });
        // How soon a process looks for what others have erased.
        options.Failover.ProbeInterval = options.Failover.ProbeIntervalAsleep = TimeSpan.FromMilliseconds(300);
        await using var memory = await AgentMemory.OpenAsync(options);
        await (await memory.StartSessionAsync("maria")).AppendUserAsync("my secret");
        await (await memory.StartSessionAsync("otto")).AppendUserAsync("no secret");
        var rows = await database.ScalarAsync<long>("select count(*) from {s}.session_memories");

        await database.ExecuteAsAsync("app_b", "select * from {s}.erase('default', 'maria', null)");

        Assert.Equal(rows, await database.ScalarAsync<long>("select count(*) from {s}.session_memories"));
        foreach (var table in Tables.Erasable)
            Assert.Equal(0L, await database.ScalarAsync<long>($"select count(*) from {{s}}.{table.Name} where user_id = 'maria' and ({string.Join(" or ", table.Columns.Where(column => column.Erasable).Select(column => $"{column.Name} is not null"))})"));
        Assert.Equal(1L, await database.ScalarAsync<long>("select count(*) from {s}.session_memories where user_id = 'otto' and content is not null"));
        // The record: who, when, what, how many.
        Assert.StartsWith($"{EraseFunction.Record}{database.Schema}_app_b: ", await database.ScalarAsync<string>("select key from {s}.erasures where user_id = 'maria' and occurred_at > now() - interval '1 minute'"), StringComparison.Ordinal);
        Assert.False(await database.ScalarAsync<bool>("select key like '%: 0 rows' from {s}.erasures"));
        // Whoever has the memory open sweeps once more when older transactions have ended.
        await Wait.UntilAsync(async () => await database.ScalarAsync<long>("select count(*) from {s}.erasure_sweeps") == 0, "the erasure is swept");
        // What Holdfast makes of it is what it makes of its own: nothing is left to do, and what comes later stays.
        Assert.True((await memory.ForgetUserAsync("maria")).Stores.All(store => store.State != ForgetState.Waiting));
        await (await memory.StartSessionAsync("maria")).AppendUserAsync("I am back");
        Assert.Single(await memory.RecallAsync("back"));
    }

    [Fact]
    public async Task erase_wants_exactly_one_scope_and_the_right_to_it()
    {
        using var database = await AccessDatabase.AppliedAsync();
        foreach (var arguments in new[] { "null, 'maria', null", "'default', null, null", "'default', 'maria', 's'" })
            Assert.Equal("22023", (await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsAsync("app_a", $"select {{s}}.erase({arguments})"))).SqlState);
        await database.RefusedAsync("ro", "select {s}.erase('default', 'maria', null)");
        await database.RefusedAsync("migrator", "select {s}.erase('default', 'maria', null)");
    }

    [Fact]
    public async Task with_row_security_nobody_erases_another_tenants_user()
    {
        using var database = await AccessDatabase.AppliedAsync(rowSecurity: true);
        await database.RefusedAsync("app_a", "begin; select set_config('holdfast.tenant', 'a', true); select {s}.erase('b', 'maria', null)");
        await database.RefusedAsync("app_a", "select {s}.erase('b', 'maria', null)");
        await database.ExecuteAsAsync("app_a", "select set_config('holdfast.tenant', 'a', true); select {s}.erase('a', 'maria', null)");
        Assert.Equal(1L, await database.ScalarAsync<long>("select count(*) from {s}.erasures where tenant_id = 'a'"));
    }
}
