using Holdfast.Providers.Failures;
using Holdfast.Providers.Probing;
using Holdfast.TestServers;
using Holdfast.Tests.Stores;
using Npgsql;
using Xunit;
using static Holdfast.Tests.Probing.Probes;

namespace Holdfast.Tests.Probing;

/// <summary>What a server that answers may refuse: the role, the database, the read, the write.</summary>
public sealed class ServerRungTests
{
    [Fact]
    public async Task a_wrong_password_fails_on_the_rung_of_authentication_and_is_not_tried_again_for_two_minutes()
    {
        await using var server = await PostgresServer.StartAsync();
        await PostgresServer.ExecuteAsync(server.ConnectionString, "create role app login password 'right'");
        await server.UseAccessAsync("host all holdfast 127.0.0.1/32 trust", "host all app 127.0.0.1/32 scram-sha-256");
        var settings = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Username = "app", Password = "wrong-secret" };
        var report = await RunAsync(settings.ConnectionString);
        Expect(report, ProbeStep.Auth, FailureCause.Authentication, "two minutes");
        Assert.Equal("28P01", report.Failure!.SqlState);
        Assert.DoesNotContain("wrong-secret", report.ToString() + string.Join(' ', report.Steps), StringComparison.Ordinal);
        Assert.Equal(ProbePace.Refused, ProbeSchedule.PaceOf(report.Failure));

        settings.Password = null;
        Expect(await RunAsync(settings.ConnectionString), ProbeStep.Auth, FailureCause.Configuration, "config check");
        settings.Username = "nobody-knows";
        Expect(await RunAsync(settings.ConnectionString), ProbeStep.Auth, FailureCause.Authentication, "refused");
    }

    [Fact]
    public async Task a_database_that_does_not_exist_is_a_matter_of_configuration()
    {
        var settings = new NpgsqlConnectionStringBuilder(await TestServer.ConnectionAsync(Place.Postgres)) { Database = "nowhere" };
        Expect(await RunAsync(settings.ConnectionString), ProbeStep.Auth, FailureCause.Configuration, "config check");
    }

    [Theory]
    [InlineData("XX000", "Control plane request failed: endpoint is disabled", FailureCause.Paused, "console")]
    [InlineData("XX000", "(ENOTFOUND) tenant/user postgres.abc not found", FailureCause.Paused, "console")]
    [InlineData("XX000", "Control plane request failed: endpoint is temporarily unavailable. Check your quotas and/or contact our support.", FailureCause.Quota, "quota")]
    [InlineData("57P03", "the database system is starting up", FailureCause.Starting, "by itself")]
    [InlineData("53300", "sorry, too many clients already", FailureCause.Saturated, "pool")]
    public async Task a_proxy_that_refuses_is_told_by_its_text(string state, string text, FailureCause cause, string advice)
    {
        await using var proxy = FakePostgres.Refusing(state, text);
        Expect(await RunAsync(proxy.ConnectionString), ProbeStep.Auth, cause, advice);
    }

    [Fact]
    public async Task a_read_only_role_reads_but_fails_on_the_rung_of_writing()
    {
        var database = await MigratedAsync();
        await PostgresServer.ExecuteAsync(database, $"alter database \"{new NpgsqlConnectionStringBuilder(database).Database}\" set default_transaction_read_only = on");
        var report = await RunAsync(database);
        Expect(report, ProbeStep.Write, FailureCause.ReadOnly, "default_transaction_read_only");
        Assert.NotNull(report.Latency);
    }

    [Fact]
    public async Task a_write_that_waits_takes_no_longer_than_the_deadline_and_its_connection_is_dropped()
    {
        var database = await MigratedAsync();
        Assert.True((await RunAsync(database)).IsHealthy);
        await using var source = NpgsqlDataSource.Create(database);
        await using var holder = await source.OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("lock table holdfast.canary in exclusive mode", holder, transaction);
        await hold.ExecuteNonQueryAsync();
        var report = await RunAsync(database);
        Expect(report, ProbeStep.Write, FailureCause.Down, "reads but does not commit");
        Assert.Equal(AttemptOutcome.Unknown, report.Failure!.Outcome);
        Assert.InRange(report.FailedStep!.Duration.TotalSeconds, 0.9, 1.6);
        Assert.NotNull(report.Latency);
        await Wait.UntilAsync(async () => 0L.Equals(await source.CreateCommand(
            "select count(*) from pg_stat_activity where application_name = 'holdfast probe' and datname = current_database()").ExecuteScalarAsync()), "no probe is connected any more");
    }
}
