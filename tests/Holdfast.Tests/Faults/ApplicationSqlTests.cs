using Holdfast.Operations.Drills;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Faults;

/// <summary>SQL for the application's own tables: its errors are the caller's, and it runs twice only where the caller says that it may.</summary>
public sealed class ApplicationSqlTests(FaultServers servers) : IClassFixture<FaultServers>, IAsyncLifetime
{
    private string _database = null!;
    private FaultRun _run = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await servers.NewDatabaseAsync();
        for (var i = 0; i < servers.Count; i++) await servers.RunAsync(i, $"create table orders (id int primary key, server int not null default {i})", _database);
        _run = await FaultRun.OpenAsync(servers, servers.Options(_database));
    }

    public async ValueTask DisposeAsync()
    {
        await _run.DisposeAsync();
        await servers.HealAsync();
    }

    [Fact]
    public async Task a_callers_error_goes_back_as_it_came_and_never_fails_over()
    {
        await InsertAsync(1);
        for (var i = 0; i < 10; i++)
        {
            foreach (var repeatable in new[] { false, true })
            {
                Assert.Equal("23505", (await Assert.ThrowsAsync<PostgresException>(() => InsertAsync(1, repeatable))).SqlState);
                Assert.Equal("42601", (await Assert.ThrowsAsync<PostgresException>(() => _run.Providers.ExecuteAsync("insert int orders", repeatable: repeatable))).SqlState);
                Assert.Equal("42P01", (await Assert.ThrowsAsync<PostgresException>(() => _run.Providers.QueryAsync("select 1 from nowhere", row => row.GetInt32(0), repeatable: repeatable))).SqlState);
                Assert.Equal("22012", (await Assert.ThrowsAsync<PostgresException>(() => _run.Providers.QueryAsync("select 1 / 0", row => row.GetInt32(0), repeatable: repeatable))).SqlState);
            }
        }
        await _run.AppendAsync(5);
        Assert.Equal("p0", _run.Providers.Primary);
        Assert.All(_run.Providers.List(), provider => Assert.Null(provider.Cause));
        Assert.Empty(await _run.FailoversAsync());
        Assert.Equal([0], await ServersAsync(1));
    }

    [Fact]
    public async Task what_may_have_been_done_is_unknown_and_not_sent_elsewhere()
    {
        await InsertAsync(1);
        var cut = servers[0].Proxy.CutNext("orders");
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => InsertAsync(2));
        await cut.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal([0], await ServersAsync(2));
    }

    [Fact]
    public async Task what_was_certainly_not_done_is_not_sent_elsewhere_either_unless_it_may_be()
    {
        await InsertAsync(1);
        servers[0].Proxy.Set(FaultMode.Reset);
        await Assert.ThrowsAnyAsync<HoldfastException>(() => InsertAsync(2));
        Assert.Empty(await ServersAsync(2));
    }

    [Fact]
    public async Task a_repeatable_statement_goes_to_the_next_provider()
    {
        await InsertAsync(1);
        var cut = servers[0].Proxy.CutNext("orders");
        Assert.Equal(1, await InsertAsync(2, repeatable: true));
        await cut.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal([0, 1], await ServersAsync(2));

        servers[0].Proxy.Set(FaultMode.Reset);
        Assert.Equal([1], await _run.Providers.QueryAsync("select server from orders where id = 2", row => row.GetInt32(0), repeatable: true));
        Assert.Equal(1, await InsertAsync(3, repeatable: true));
        Assert.Equal([1], await ServersAsync(3));
    }

    [Fact]
    public async Task it_is_logged_without_its_parameters_when_it_is_slow()
    {
        await _run.Providers.QueryAsync("select $1 from pg_sleep(0.6)", row => row.GetString(0), ["a secret"]);
        var slow = Assert.Single(_run.Providers.Access.SlowQueries.Read(), query => query.Statement.Contains("pg_sleep", StringComparison.Ordinal));
        Assert.Equal("select $1 from pg_sleep(0.6)", slow.Statement);
        Assert.InRange(slow.Milliseconds, 600, 10_000);
    }

    private Task<int> InsertAsync(int id, bool repeatable = false) =>
        _run.Providers.ExecuteAsync("insert into orders (id) values ($1)", [id], repeatable);

    /// <summary>Which servers have that order.</summary>
    private async Task<List<int>> ServersAsync(int id)
    {
        var found = new List<int>();
        for (var i = 0; i < servers.Count; i++)
        {
            await using var source = NpgsqlDataSource.Create(servers.Direct(i, _database) + ";Pooling=false");
            await using var command = source.CreateCommand($"select server from orders where id = {id}");
            if (await command.ExecuteScalarAsync() is int server) found.Add(server);
        }
        return found;
    }
}
