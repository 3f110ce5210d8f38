using Holdfast.Providers.Failures;
using Holdfast.TestServers;
using Holdfast.Tests.Stores;
using Npgsql;
using Xunit;
using static Holdfast.Providers.Failures.AttemptOutcome;
using static Holdfast.Tests.Failures.RealServer;

namespace Holdfast.Tests.Failures;

public class RefusedConnectionTests
{
    [Fact]
    public async Task nobody_listens() => Expect(await FailAsync($"Host=127.0.0.1;Port={Ports.Free()};Username=x;Pooling=false"), NotExecuted, FailureCause.Down);

    [Fact]
    public async Task the_name_does_not_exist() => Expect(await FailAsync("Host=no-such-host.invalid;Username=x;Pooling=false"), NotExecuted, FailureCause.Down);

    [Fact]
    public async Task it_accepts_and_stays_silent()
    {
        await using var silent = FakePostgres.Silent();
        Expect(await FailAsync(silent.ConnectionString + ";Timeout=1;Pooling=false"), NotExecuted, FailureCause.Down);
    }

    [Fact]
    public async Task the_exception_itself_proves_that_nothing_was_sent()
    {
        await using var silent = FakePostgres.Silent();
        foreach (var connection in new[] { $"Host=127.0.0.1;Port={Ports.Free()};Username=x;Pooling=false", "Host=no-such-host.invalid;Username=x;Pooling=false" })
        {
            await using var source = NpgsqlDataSource.Create(connection);
            var error = await Assert.ThrowsAnyAsync<Exception>(async () => await source.OpenConnectionAsync());
            Expect(FailureClassifier.Classify(error, sent: true), NotExecuted, FailureCause.Down);
        }
    }

    [Fact]
    public async Task this_process_has_no_connection_left()
    {
        await using var source = NpgsqlDataSource.Create(await TestServer.ConnectionAsync(Place.Postgres) + ";Maximum Pool Size=1;Timeout=1");
        await using var only = await source.OpenConnectionAsync();
        var failure = FailureClassifier.Classify(await Assert.ThrowsAnyAsync<Exception>(async () => await source.OpenConnectionAsync()), sent: true);
        Expect(failure, NotExecuted, FailureCause.LocalPool);
        Assert.False(failure.CountsAgainstProvider);
    }

    [Fact]
    public async Task passwords_access_and_databases()
    {
        await using var server = await PostgresServer.StartAsync();
        await PostgresServer.ExecuteAsync(server.ConnectionString, "create role app login password 'right'; create role stranger login");
        await server.UseAccessAsync("host all holdfast 127.0.0.1/32 trust", "host all app 127.0.0.1/32 scram-sha-256");
        var settings = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Username = "app", Password = "wrong", Pooling = false };
        Expect(await FailAsync(settings.ConnectionString), NotExecuted, FailureCause.Authentication, "28P01");
        settings.Password = null;
        Expect(await FailAsync(settings.ConnectionString), NotExecuted, FailureCause.Configuration);
        settings.Username = "stranger";
        Expect(await FailAsync(settings.ConnectionString), NotExecuted, FailureCause.Authentication, "28000");
        settings.Username = "holdfast";
        settings.Database = "nowhere";
        Expect(await FailAsync(settings.ConnectionString), NotExecuted, FailureCause.Configuration, "3D000");
    }

    [Fact]
    public async Task the_server_has_no_connection_left()
    {
        await using var server = await PostgresServer.StartAsync(settings: ["max_connections=12", "max_wal_senders=0"]);
        await PostgresServer.ExecuteAsync(server.ConnectionString, "create role app login");
        var settings = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Username = "app", Pooling = false };
        var open = new List<NpgsqlConnection>();
        Exception? refused = null;
        while (refused is null && open.Count < 20)
        {
            var connection = new NpgsqlConnection(settings.ConnectionString);
            open.Add(connection);
            refused = await Record.ExceptionAsync(() => connection.OpenAsync());
        }
        foreach (var connection in open) await connection.DisposeAsync();
        Expect(FailureClassifier.Classify(refused!, sent: true), NotExecuted, FailureCause.Saturated, "53300");
    }

    [Fact]
    public async Task the_server_shuts_down()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var busy = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await busy.OpenAsync();
        // A smart shutdown waits for its clients and refuses new ones.
        server.Running.Signal(PosixSignal.Terminate);
        await Wait.UntilAsync(() => server.Running.Log.Contains("smart shutdown", StringComparison.Ordinal), "it shuts down");
        Expect(await FailAsync(server.ConnectionString + ";Pooling=false"), NotExecuted, FailureCause.Starting, "57P03");
    }
}
