using System.Collections.Concurrent;
using Holdfast.Erasure;
using Holdfast.Operations.Access;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;
using Holdfast.Stores.Queries;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary><c>access apply --row-security</c> on a server where processes have the memory open: they learn of it from a refusal and never from an empty answer.</summary>
public sealed class RowSecuritySwitchTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task no_acknowledged_write_is_lost_or_doubled_and_no_read_is_short_while_it_is_switched_on(PostgresVersion version)
    {
        using var database = await AccessDatabase.AppliedAsync(version);
        var options = new HoldfastOptions { Home = database.Home, Schema = database.Schema, TenantId = "acme" };
        options.Providers.Add(new ProviderOptions { Name = "one", Connection = await database.LogInAsync("app_a") });
        await using var memory = await AgentMemory.OpenAsync(options);
        var first = await memory.OpenSessionAsync("before", "maria");
        for (var i = 0; i < 20; i++) await first.AppendUserAsync($"lighthouse {i}");
        using var stop = new CancellationTokenSource();
        var (written, wrong) = (new ConcurrentBag<string>(), new ConcurrentBag<string>());
        var reads = 0;
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            var session = await memory.OpenSessionAsync($"writer {writer}", "maria");
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await session.AppendUserAsync($"{writer}/{i}");
                written.Add($"{writer}/{i}");
            }
        })).ToList();
        var readers = Enumerable.Range(0, 4).Select(reader => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var (loaded, recalled) = ((await first.LoadAsync()).Count, (await memory.RecallAsync("lighthouse")).Count);
                if ((loaded, recalled) != (20, 10)) wrong.Add($"{loaded} loaded, {recalled} recalled");
                Interlocked.Increment(ref reads);
            }
        })).ToList();
        async Task MoreAsync()
        {
            var (w, r) = (written.Count, Volatile.Read(ref reads));
            await Wait.UntilAsync(() => writers.Concat(readers).Any(task => task.IsFaulted) || (written.Count > w + 40 && Volatile.Read(ref reads) > r + 8), "everybody goes on");
        }
        await MoreAsync();
        await database.Control.ApplyAsync(new AccessOptions(RowSecurity: true), database.Secrets, default);
        await MoreAsync();
        await stop.CancelAsync();
        await Task.WhenAll([.. writers, .. readers]);
        Assert.Empty(wrong);
        var stored = new List<string>();
        for (var writer = 0; writer < 4; writer++)
            stored.AddRange((await (await memory.OpenSessionAsync($"writer {writer}", "maria")).LoadAsync()).Select(message => message.Content.GetString()!));
        Assert.Equal(written.Order(StringComparer.Ordinal), stored.Order(StringComparer.Ordinal));
        Assert.Equal(stored.Count + 20, await database.ScalarAsync<long>("select count(*) from {s}.session_memories"));
    }

    /// <summary>Each read on a store of its own that was opened before: the right answer or a refusal, never a short one.</summary>
    [Fact]
    public async Task every_read_of_a_store_that_was_open_answers_rightly_or_says_that_it_cannot()
    {
        using var database = await AccessDatabase.AppliedAsync();
        var row = Message();
        var reference = new RowReference(row.TenantId, row.Id, row.Stamp);
        (string Name, Func<PostgresStore, Task<object>> Ask, object Right)[] asked =
        [
            ("one tenant's rows", async store => await store.QueryAsync(new Statement("select id from {session_memories} where tenant_id = $1"), ["acme"], reader => reader.Uuid(0), Never).CountAsync(), 1),
            ("a count of one tenant", async store => await store.QueryAsync(new Statement("select count(*) from {session_memories} where tenant_id = $1"), ["acme"], reader => reader.Integer(0), Never).FirstAsync(), 1L),
            ("a write of one tenant", async store => await store.ExecuteAsync(new Statement("update {session_memories} set author = author where tenant_id = $1"), ["acme"], Never), 1),
            ("a write that answers", async store => (await store.ExecuteAsync(new Statement("update {session_memories} set author = author where tenant_id = $1 returning id"), ["acme"], reader => reader.Uuid(0), Never)).Count, 1),
            ("raw", async store => (await store.RunAsync($"select id from {database.Schema}.session_memories", [], reader => reader.GetGuid(0), Never)).Count, 1),
            ("raw count", async store => (await store.RunAsync($"select count(*) from {database.Schema}.session_memories", [], reader => reader.GetInt64(0), Never))[0], 1L),
            ("raw write", async store => await store.RunAsync($"update {database.Schema}.session_memories set author = author", [], Never), 1),
            ("all counts", async store => await StatusQueries.CountsAsync(store, Never).CountAsync(), "refused"),
            ("the feed", async store => (await store.ReadFeedAsync(Tables.SessionMemories, FeedPosition.Start, 10, Never)).Count, 1),
            ("what is missing", async store => (await store.FindMissingAsync(Tables.SessionMemories, [reference], Never)).Count, 0),
            ("rows", async store => (await store.ReadRowsAsync(Tables.SessionMemories, [reference], Never)).Count, 1),
            ("what an erasure would empty", async store => (await ErasureQueries.CountAsync(store, "acme", "maria", null, Never)).Rows, 1L),
            ("the relay's look", async store => (object)await Holdfast.Relay.RelaySource.LookAsync(store, new Dictionary<Table, Holdfast.Relay.RelayCursor>(), Never), "refused"),
            ("the sweep", async store => (object)await store.SweepErasuresAsync(Never), "refused"),
        ];
        var app = new Secret(await database.LogInAsync("app_a") + ";Maximum Pool Size=2");
        var stores = await Task.WhenAll(asked.Select(_ => PostgresConnector.ConnectAsync(app, database.Schema, TimeProvider.System, null, Never, new StoreOwner("acme", "HOLDFAST_PROVIDER_X_RELAY"))));
        await stores[0].MergeAsync([row], Never);
        // Twice, so that the driver has them prepared. All is well as long as nothing is switched on.
        for (var round = 0; round < 2; round++)
            foreach (var (one, store) in asked.Zip(stores)) await one.Ask(store);
        await database.Control.ApplyAsync(new AccessOptions(RowSecurity: true), database.Secrets, default);
        var believed = new List<string>();
        foreach (var (one, store) in asked.Zip(stores))
        {
            try
            {
                if (await one.Ask(store) is var answer && !answer.Equals(one.Right)) believed.Add($"{one.Name}: {answer}");
            }
            catch (TenantScopeException)
            {
                // What goes over all tenants says so.
            }
            await store.DisposeAsync();
        }
        Assert.Empty(believed);
    }

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task switched_off_it_stays_off_and_processes_that_have_the_memory_open_go_on(PostgresVersion version)
    {
        using var database = await AccessDatabase.AppliedAsync(version, rowSecurity: true);
        await database.ExecuteAsync("set role {s}_owner; create table {s}.notes (tenant_id text)");
        await database.Control.ApplyAsync(new AccessOptions(), null, default);
        var options = new HoldfastOptions { Home = database.Home, Schema = database.Schema, TenantId = "acme" };
        options.Providers.Add(new ProviderOptions { Name = "one", Connection = await database.LogInAsync("app_a") });
        await using var memory = await AgentMemory.OpenAsync(options);
        var session = await memory.OpenSessionAsync("s", "maria");
        await session.AppendUserAsync("lighthouse");
        var off = new AccessOptions { WithoutRowSecurity = true };
        Assert.Contains((await database.Control.VerifyAsync(off, [], default)).Wrong, cell => cell.Operation == "no row security");

        var (plan, _) = await database.Control.ApplyAsync(off, null, default);
        Assert.Empty(plan.ByHand);
        Assert.Contains(plan.Notes, note => note.Contains("_RELAY", StringComparison.Ordinal));
        await session.AppendUserAsync("lighthouse again");
        Assert.Equal((2, 2), ((await session.LoadAsync()).Count, (await memory.RecallAsync("lighthouse")).Count));
        await database.ExecuteAsAsync("app_b", "do $$ begin if (select count(*) from {s}.session_memories) <> 2 then raise exception 'not all'; end if; end $$");
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from pg_policy p join pg_class c on c.oid = p.polrelid where c.relnamespace = '{s}'::regnamespace"));
        // Nobody has to say it again, and nothing of it is left.
        for (var round = 0; round < 2; round++)
        {
            foreach (var wanted in new[] { off, new AccessOptions() })
            {
                var matrix = await database.Control.VerifyAsync(wanted, [], default);
                Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(10)));
            }
            Assert.Equal(["table_extra table notes"], AccessDrift.Keys(await AccessDrift.CheckAsync(database)));
            Assert.DoesNotContain((await database.Control.ApplyAsync(new AccessOptions(), null, default)).Plan.Statements, sql => sql.Contains("row level security", StringComparison.Ordinal));
        }
        await database.Control.ApplyAsync(new AccessOptions(RowSecurity: true), database.Secrets, default);
        Assert.True((await database.VerifyAsync(rowSecurity: true)).IsRight);
        Assert.Equal(2, (await session.LoadAsync()).Count);
    }

    private static Row Message()
    {
        var stamp = new Clock().Next();
        return new Row(Tables.SessionMemories, "acme", stamp.Value, stamp, "maria", "s", null, DateTimeOffset.UnixEpoch, ["message_user", null, "\"before\"", null]);
    }
}
