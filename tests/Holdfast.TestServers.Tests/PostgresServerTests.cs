using Npgsql;
using Xunit;

namespace Holdfast.TestServers.Tests;

public class PostgresServerTests
{
    [Fact]
    public async Task the_distributions_server_and_a_newer_major_both_answer()
    {
        await using var debian = await PostgresServer.StartAsync(PostgresVersion.Debian);
        await using var newer = await PostgresServer.StartAsync(PostgresVersion.Newer);
        var (old, recent) = (await MajorAsync(debian.ConnectionString), await MajorAsync(newer.ConnectionString));
        Assert.True(old >= 15, $"the distribution has {old}");
        Assert.True(recent > old, $"{recent} is not newer than {old}");
    }

    [Fact]
    public async Task a_killed_server_refuses_connections_and_comes_back_with_its_data()
    {
        await using var server = await PostgresServer.StartAsync(durable: true);
        var database = await server.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "create table kept as select 42 as answer");
        await server.KillAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync(database + ";Pooling=false;Timeout=2", "select 1"));
        await server.StartAgainAsync();
        Assert.Equal(42, await ScalarAsync(database, "select answer from kept"));
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
