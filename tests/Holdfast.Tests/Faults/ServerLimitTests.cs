using Holdfast.Providers.Failures;
using Holdfast.TestServers;
using Holdfast.Tests.Stores;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Faults;

/// <summary>The primary answers but takes nothing more: read-only, out of connections, out of disk.</summary>
public sealed class ServerLimitTests(FaultServers servers) : IClassFixture<FaultServers>, IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await servers.HealAsync();

    [Fact]
    public async Task a_primary_that_becomes_read_only_is_passed_over_until_it_takes_writes_again()
    {
        var database = await servers.NewDatabaseAsync();
        await using var run = await FaultRun.OpenAsync(servers, servers.Options(database));
        // Sessions keep the default that they began with.
        await run.ProveAsync(
            async () =>
            {
                await servers.RunAsync(0, $"alter database {database} set default_transaction_read_only = on");
                servers[0].Proxy.ResetConnections();
            },
            () => servers.RunAsync(0, $"alter database {database} reset default_transaction_read_only"),
            FailureCause.ReadOnly, FailureCause.Down);
    }

    [Fact]
    public async Task a_primary_without_a_free_connection_is_saturated_and_nothing_is_lost()
    {
        var database = await servers.NewDatabaseAsync();
        await using var run = await FaultRun.OpenAsync(servers, servers.Options(database, user: "app"));
        var guests = new List<NpgsqlConnection>();
        await run.ProveAsync(FillAsync, LeaveAsync, FailureCause.Saturated, FailureCause.Down);

        async Task FillAsync()
        {
            await FillUpAsync();
            // The memory's own connections still work. Those that it opens instead of them must find none: the places that
            // are kept for superusers are no use to it.
            while (await OfAppAsync() > 0)
            {
                servers[0].Proxy.ResetConnections();
                await FillUpAsync();
            }
        }

        async Task FillUpAsync()
        {
            while (true)
            {
                var guest = new NpgsqlConnection(servers.Direct(0) + ";Pooling=false");
                try
                {
                    await guest.OpenAsync();
                    guests.Add(guest);
                }
                catch (PostgresException e) when (e.SqlState == "53300")
                {
                    return;
                }
            }
        }

        async Task<long> OfAppAsync()
        {
            await using var command = new NpgsqlCommand("select count(*) from pg_stat_activity where usename = 'app'", guests[0]);
            return (long)(await command.ExecuteScalarAsync())!;
        }

        async Task LeaveAsync()
        {
            foreach (var guest in guests) await guest.DisposeAsync();
        }
    }

    [Fact]
    public async Task a_primary_whose_disk_is_full_is_passed_over_until_there_is_room()
    {
        var database = await servers.NewDatabaseAsync();
        await using var disk = await SmallDisk.MountAsync(megabytes: 12);
        await servers.RunAsync(0, $"create tablespace {database} location '{disk.Folder}'");
        await servers.RunAsync(0, $"alter table holdfast.session_memories set tablespace {database}", database);
        await servers.RunAsync(0, $"create table filler (text text) tablespace {database}", database);
        await using (var run = await FaultRun.OpenAsync(servers, servers.Options(database)))
        {
            await run.ProveAsync(FillAsync, () => servers.RunAsync(0, "drop table filler", database), FailureCause.DiskFull);

            async Task FillAsync()
            {
                // Rows, until none fits, then what is free in the table's own last pages.
                foreach (var bytes in new[] { 200_000, 8_000 })
                    while (await FitsAsync($"insert into filler select string_agg(gen_random_uuid()::text, '') from generate_series(1, {bytes / 36})")) { }
                while (await FitsAsync("""
                    insert into holdfast.session_memories (tenant_id, id, stamp, session_id, occurred_at, memory_type, content)
                    select 'filler', gen_random_uuid(), gen_random_uuid(), 'filler', now(), 'message_user', to_json(repeat('x', 1000)) from generate_series(1, 8)
                    """)) { }
            }

            async Task<bool> FitsAsync(string sql)
            {
                try
                {
                    await servers.RunAsync(0, sql, database);
                    return true;
                }
                catch (PostgresException e) when (e.SqlState == "53100")
                {
                    return false;
                }
            }
        }
        NpgsqlConnection.ClearAllPools();
        await servers.RunAsync(0, $"drop database {database} with (force)");
        await servers.RunAsync(0, $"drop tablespace {database}");
    }
}
