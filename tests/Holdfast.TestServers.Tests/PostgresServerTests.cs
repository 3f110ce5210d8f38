using Npgsql;
using Xunit;

namespace Holdfast.TestServers.Tests;

public class PostgresServerTests
{
    [Fact]
    public async Task the_distributions_server_and_one_of_another_major_both_answer()
    {
        await using var debian = await PostgresServer.StartAsync(PostgresVersion.Debian);
        await using var newer = await PostgresServer.StartAsync(PostgresVersion.Newer);
        var (old, recent) = (await MajorAsync(debian.ConnectionString), await MajorAsync(newer.ConnectionString));
        Assert.True(old >= 15, $"the distribution has {old}");
        Assert.NotEqual(old, recent);
    }

    [Fact]
    public async Task a_killed_server_refuses_connections_and_comes_back_on_its_port_with_its_data()
    {
        await using var server = await PostgresServer.StartAsync(durable: true);
        var (database, port) = (await server.CreateDatabaseAsync(), server.Port);
        await PostgresServer.ExecuteAsync(database, "create table kept as select 42 as answer");
        await server.KillAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync(database + ";Pooling=false;Timeout=2", "select 1"));
        await server.StartAgainAsync();
        Assert.Equal(port, server.Port);
        Assert.Equal(42, await ScalarAsync(database, "select answer from kept"));
    }

    [Fact]
    public async Task a_killed_server_takes_its_busy_backends_with_it()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        var backend = connection.ProcessID;
        await using var command = new NpgsqlCommand("select pg_sleep(600)", connection);
        var busy = command.ExecuteNonQueryAsync();
        await Wait.UntilAsync(async () => true.Equals(await ScalarAsync(server.ConnectionString,
            $"select state = 'active' from pg_stat_activity where pid = {backend}")), "the backend is busy");
        await server.KillAsync();
        Assert.False(ProcessTree.Runs(backend));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => busy);
        await server.StartAgainAsync();
        Assert.Equal(1, await ScalarAsync(server.ConnectionString + ";Pooling=false", "select 1"));
    }

    [Fact]
    public async Task a_running_server_is_not_started_twice()
    {
        await using var server = await PostgresServer.StartAsync();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(server.StartAgainAsync);
        Assert.Contains("is running", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_server_that_a_signal_has_stopped_is_disposed_of_all_the_same()
    {
        var server = await PostgresServer.StartAsync();
        server.Running.Signal(PosixSignal.Stop);
        await server.DisposeAsync();
        Assert.False(Directory.Exists(server.DataFolder));
    }

    [Fact]
    public async Task a_frozen_server_connects_and_answers_nothing_and_goes_on_where_it_was()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        var backend = connection.ProcessID;
        server.Freeze();
        Assert.True(ProcessTree.IsStopped(backend) && ProcessTree.IsStopped(server.ProcessId));
        await using var command = new NpgsqlCommand("select 42", connection);
        var answer = command.ExecuteScalarAsync();
        Assert.True(await Ports.AnswersAsync(server.Port));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync(server.ConnectionString + ";Pooling=false;Timeout=1", "select 1"));
        Assert.False(answer.IsCompleted);
        server.Thaw();
        Assert.Equal(42, await answer);
    }

    [Fact]
    public async Task a_frozen_server_can_be_killed_and_started_again_or_disposed_of()
    {
        var server = await PostgresServer.StartAsync();
        server.Freeze();
        await server.KillAsync();
        await server.StartAgainAsync();
        server.Freeze();
        await server.DisposeAsync();
        Assert.False(Directory.Exists(server.DataFolder));
    }

    [Fact]
    public async Task a_full_pooler_refuses_a_client_that_waited_and_one_too_many()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var bouncer = await PgBouncer.StartAsync(server, poolSize: 1, queryWaitTimeout: TimeSpan.FromSeconds(1), clientsMax: 2);
        var connection = bouncer.Connection("postgres") + ";Pooling=false;No Reset On Close=true";
        await using var holder = new NpgsqlConnection(connection);
        await holder.OpenAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("select 1", holder);
        await hold.ExecuteScalarAsync();
        var waited = Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync(connection, "select 1"));
        Assert.Contains("query_wait_timeout", (await waited).ToString(), StringComparison.Ordinal);
        await using var second = new NpgsqlConnection(connection);
        bouncer.Freeze();
        var opening = second.OpenAsync();
        Assert.False(opening.IsCompleted);
        bouncer.Thaw();
        var error = await Assert.ThrowsAnyAsync<NpgsqlException>(async () =>
        {
            await opening;
            await ScalarAsync(connection, "select 1");
        });
        Assert.Contains("no more connections allowed", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task servers_share_a_system_identifier_unless_one_asks_for_its_own()
    {
        const string Identifier = "select system_identifier from pg_control_system()";
        await using var first = await PostgresServer.StartAsync();
        await using var second = await PostgresServer.StartAsync();
        await using var distinct = await PostgresServer.StartAsync(distinctIdentity: true);
        Assert.Equal(await ScalarAsync(first.ConnectionString, Identifier), await ScalarAsync(second.ConnectionString, Identifier));
        Assert.NotEqual(await ScalarAsync(first.ConnectionString, Identifier), await ScalarAsync(distinct.ConnectionString, Identifier));
    }

    [Fact]
    public async Task commits_reach_the_disk_of_a_durable_server_only()
    {
        await using var durable = await PostgresServer.StartAsync(durable: true);
        await using var quick = await PostgresServer.StartAsync();
        Assert.Equal("on", await ScalarAsync(durable.ConnectionString, "show fsync"));
        Assert.Equal("off", await ScalarAsync(quick.ConnectionString, "show fsync"));
    }

    [Fact]
    public async Task a_database_can_be_given_a_name()
    {
        await using var server = await PostgresServer.StartAsync();
        Assert.Equal("a \"name\"; with 'marks'", await ScalarAsync(await server.CreateDatabaseAsync("a \"name\"; with 'marks'"), "select current_database()::text"));
    }

    [Fact]
    public void a_missing_server_fails_and_says_where_it_was_looked_for_and_how_it_is_had()
    {
        var distribution = Assert.Throws<InvalidOperationException>(() => PostgresPrograms.Distribution("/nonexistent"));
        Assert.Contains("/nonexistent", distribution.Message, StringComparison.Ordinal);
        Assert.Contains("apt-get install postgresql", distribution.Message, StringComparison.Ordinal);
        var newer = Assert.Throws<InvalidOperationException>(() => PostgresPrograms.Newer("/nonexistent"));
        Assert.Contains("/nonexistent", newer.Message, StringComparison.Ordinal);
        Assert.Contains("tools/newer-postgres.sh", newer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_missing_pooler_fails_and_says_how_it_is_had()
    {
        await using var server = await PostgresServer.StartAsync();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => PgBouncer.StartAsync(server, program: "/nonexistent"));
        Assert.Contains("apt-get install pgbouncer", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task nothing_is_left_of_a_server_that_was_disposed_of()
    {
        var server = await PostgresServer.StartAsync();
        var folder = server.DataFolder;
        Assert.True(Directory.Exists(folder));
        await server.DisposeAsync();
        Assert.False(Directory.Exists(Path.GetDirectoryName(folder)));
        Assert.False(await Ports.AnswersAsync(server.Port));
    }

    [Fact]
    public async Task two_clients_of_a_pooler_share_one_backend_and_its_process_id_is_not_the_backends()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var bouncer = await PgBouncer.StartAsync(server, poolSize: 1);
        await using var first = new NpgsqlConnection(bouncer.Connection("postgres") + ";Pooling=false;No Reset On Close=true");
        await using var second = new NpgsqlConnection(bouncer.Connection("postgres") + ";Pooling=false;No Reset On Close=true");
        await first.OpenAsync();
        await second.OpenAsync();
        var (one, two) = (await BackendAsync(first), await BackendAsync(second));
        Assert.Equal(one, two);
        Assert.NotEqual(one, first.ProcessID);
        await using var direct = new NpgsqlConnection(server.ConnectionString);
        await direct.OpenAsync();
        Assert.Equal(direct.ProcessID, await BackendAsync(direct));
    }

    [Fact]
    public async Task a_condition_that_never_holds_fails_with_what_was_waited_for()
    {
        var error = await Assert.ThrowsAsync<TimeoutException>(() => Wait.UntilAsync(() => false, "pigs fly", TimeSpan.FromMilliseconds(50)));
        Assert.Contains("pigs fly", error.Message, StringComparison.Ordinal);
    }

    private static async Task<int> MajorAsync(string connection) => (int)(await ScalarAsync(connection, "select current_setting('server_version_num')::int / 10000"))!;

    private static async Task<int> BackendAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("select pg_backend_pid()", connection);
        return (int)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<object?> ScalarAsync(string connection, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
