using Holdfast.Providers.Failures;
using Holdfast.TestServers;
using Npgsql;
using Xunit;
using static Holdfast.Providers.Failures.AttemptOutcome;
using static Holdfast.Tests.Failures.RealServer;

namespace Holdfast.Tests.Failures;

public class PoolerFailureTests
{
    [Fact]
    public async Task an_unknown_database_and_a_parameter_that_it_does_not_know()
    {
        await using var server = await PostgresServer.StartAsync();
        var users = Path.GetTempFileName();
        await File.WriteAllTextAsync(users, "\"holdfast\" \"\"\n");
        File.SetUnixFileMode(users, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        // Who is not in its file, and which database is not in its list, is told differently by each way to authenticate.
        foreach (var authentication in new[] { "auth_type = any", $"auth_type = trust\nauth_file = {users}" })
        {
            await using var pooler = await PgBouncer.StartAsync(server, databases: "postgres", settings: authentication);
            Expect(await FailAsync(pooler.Connection("nowhere") + ";Pooling=false"), NotExecuted, FailureCause.Configuration, "08P01");
            Expect(await FailAsync(pooler.Connection("postgres") + ";Pooling=false;Search Path=x"), NotExecuted, FailureCause.Configuration, "08P01");
        }
        File.Delete(users);
    }

    [Fact]
    public async Task a_queue_that_is_too_long()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var pooler = await PgBouncer.StartAsync(server, poolSize: 1, settings: "query_wait_timeout = 1");
        var connection = pooler.Connection("postgres") + ";Pooling=false";
        await using var holder = new NpgsqlConnection(connection);
        await holder.OpenAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("select 1", holder, transaction);
        await hold.ExecuteNonQueryAsync();
        Expect(await FailAsync(connection), NotExecuted, FailureCause.Saturated, "08P01");
    }

    [Fact]
    public async Task more_clients_than_it_takes()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var pooler = await PgBouncer.StartAsync(server, settings: "max_client_conn = 2");
        var connection = pooler.Connection("postgres") + ";Pooling=false";
        await using var first = new NpgsqlConnection(connection);
        await using var second = new NpgsqlConnection(connection);
        await first.OpenAsync();
        await second.OpenAsync();
        Expect(await FailAsync(connection), NotExecuted, FailureCause.Saturated, "08P01");
    }

    [Fact]
    public async Task a_server_behind_it_that_is_gone()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var pooler = await PgBouncer.StartAsync(server);
        await server.KillAsync();
        var connection = pooler.Connection("postgres") + ";Pooling=false;Timeout=3";
        Expect(await FailAsync(connection), NotExecuted, FailureCause.Down);
    }

    [Fact]
    public async Task a_server_behind_it_that_dies_with_our_statement()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var pooler = await PgBouncer.StartAsync(server);
        var failing = FailAsync(pooler.Connection("postgres") + ";Pooling=false", "select pg_sleep(600)");
        await using (var source = NpgsqlDataSource.Create(server.ConnectionString))
            await Wait.UntilAsync(async () => 1L.Equals(await source.CreateCommand("select count(*) from pg_stat_activity where query = 'select pg_sleep(600)' and state = 'active'").ExecuteScalarAsync()), "the statement runs");
        await server.KillAsync();
        Expect(await failing, Unknown, FailureCause.Down);
    }
}
