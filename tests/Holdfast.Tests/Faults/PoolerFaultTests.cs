using Holdfast.Providers.Failures;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Tests.Faults;

/// <summary>A pooler in transaction mode stands before the primary, and fails in its own ways.</summary>
public sealed class PoolerFaultTests(FaultServers servers) : IClassFixture<FaultServers>, IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await servers.HealAsync();

    [Fact]
    public async Task one_server_connection_behind_the_pooler_is_enough_for_many_writers()
    {
        await using var pooler = await PgBouncer.StartAsync(servers[0].Server, poolSize: 1, queryWaitTimeout: TimeSpan.FromSeconds(2));
        await using var run = await FaultRun.OpenAsync(servers, Options(pooler));
        var sessions = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => run.Memory.OpenSessionAsync($"writer {i}")));
        await Task.WhenAll(sessions.Select(session => run.AppendAsync(25, session)));
        foreach (var session in sessions) await run.ReadAsync(session);
        await run.HealedAsync();
        await run.CheckAsync();
        run.AssertCauses();
    }

    [Fact]
    public async Task a_pooler_whose_server_is_killed_loses_and_doubles_nothing()
    {
        await using var pooler = await PgBouncer.StartAsync(servers[0].Server, queryWaitTimeout: TimeSpan.FromSeconds(2));
        // What the pooler says depends on how long its server has been away: nothing, that it waited too long, or that it cannot log in.
        await ProveAsync(pooler, servers[0].Server.KillAsync, servers.HealAsync, FailureCause.Down, FailureCause.Saturated);
    }

    [Fact]
    public async Task a_pooler_that_freezes_loses_and_doubles_nothing()
    {
        await using var pooler = await PgBouncer.StartAsync(servers[0].Server);
        await ProveAsync(pooler, Do(pooler.Freeze), Do(pooler.Thaw), FailureCause.Down);
    }

    [Fact]
    public async Task a_pooler_that_has_no_room_for_clients_is_saturated()
    {
        await using var pooler = await PgBouncer.StartAsync(servers[0].Server, clientsMax: 5);
        var guests = new List<Npgsql.NpgsqlConnection>();
        await ProveAsync(pooler, FillAsync, LeaveAsync, FailureCause.Saturated, FailureCause.Down);

        async Task FillAsync()
        {
            while (true)
            {
                var guest = new Npgsql.NpgsqlConnection(pooler.Connection("postgres") + ";Pooling=false;No Reset On Close=true");
                guests.Add(guest);
                try
                {
                    await guest.OpenAsync();
                }
                catch (Npgsql.PostgresException e) when (e.SqlState == "08P01")
                {
                    return;
                }
            }
        }

        async Task LeaveAsync()
        {
            foreach (var guest in guests) await guest.DisposeAsync();
        }
    }

    private async Task ProveAsync(PgBouncer pooler, Func<Task> inject, Func<Task> heal, FailureCause cause, params FailureCause[] also)
    {
        await using var run = await FaultRun.OpenAsync(servers, Options(pooler));
        await run.ProveAsync(inject, heal, cause, also);
    }

    private static Func<Task> Do(Action action) => () =>
    {
        action();
        return Task.CompletedTask;
    };

    private HoldfastOptions Options(PgBouncer pooler)
    {
        var options = servers.Options();
        options.Providers[0].Connection = options.Providers[0].ControlConnection = pooler.Connection("postgres");
        return options;
    }
}
