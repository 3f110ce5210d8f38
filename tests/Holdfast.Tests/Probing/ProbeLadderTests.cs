using Holdfast.Providers.Probing;
using Holdfast.TestServers;
using Holdfast.Tests.Stores;
using Npgsql;
using Xunit;
using static Holdfast.Tests.Probing.Probes;

namespace Holdfast.Tests.Probing;

/// <summary>All rungs together: what a healthy provider tells, and how long the whole takes.</summary>
public sealed class ProbeLadderTests
{
    [Fact]
    public async Task a_healthy_provider_passes_every_rung_and_tells_about_itself()
    {
        var report = await RunAsync(await MigratedAsync());
        Assert.True(report.IsHealthy, report.FailedStep?.Detail);
        Assert.Equal(Enum.GetValues<ProbeStep>(), report.Steps.Select(step => step.Step));
        Assert.All(report.Steps, step => Assert.Equal(ProbeState.Passed, step.State));
        Assert.InRange(report.Facts.ServerVersion!.Value, 15, 99);
        Assert.Matches("^[0-9]+$", report.Facts.SystemIdentifier!);
        Assert.False(report.Facts.IsPooled);
        Assert.InRange(report.Facts.ClockOffset!.Value.TotalSeconds, -1, 1);
        Assert.True(report.Latency > TimeSpan.Zero);
        Assert.Equal("0003", report.Facts.SchemaVersion);
        Assert.Equal(64, report.Facts.ChainHash!.Length);
        Assert.Null(report.Facts.TlsProtocol);
    }

    [Fact]
    public async Task a_probe_on_loopback_takes_milliseconds()
    {
        var ladder = Ladder(await MigratedAsync());
        await ladder.RunAsync(CancellationToken.None);
        var runs = new List<TimeSpan>();
        for (var i = 0; i < 15; i++) runs.Add((await ladder.RunAsync(CancellationToken.None)).Duration);
        runs.Sort();
        // Other tests run beside this one; alone it is below 20 ms.
        Assert.True(runs[0] < TimeSpan.FromMilliseconds(50), $"the quickest of 15 took {runs[0].TotalMilliseconds:0.0} ms");
        TestContext.Current.TestOutputHelper?.WriteLine($"{runs[0].TotalMilliseconds:0.0} {runs[7].TotalMilliseconds:0.0} {runs[14].TotalMilliseconds:0.0} ms");
    }

    [Fact]
    public async Task behind_a_pooler_it_says_so()
    {
        var database = new NpgsqlConnectionStringBuilder(await MigratedAsync());
        database.Port = new NpgsqlConnectionStringBuilder(await TestServer.ConnectionAsync(Place.PgBouncer)).Port;
        var report = await RunAsync(database.ConnectionString);
        Assert.True(report.IsHealthy, report.FailedStep?.Detail);
        Assert.True(report.Facts.IsPooled);
    }

    [Fact]
    public async Task all_rungs_together_take_no_longer_than_the_whole_may()
    {
        await using var silent = FakePostgres.Silent();
        var ladder = new ProbeLadder("test", new NpgsqlConnectionStringBuilder(silent.ConnectionString + ";SslMode=Disable"), "holdfast", TimeProvider.System,
            new ProbeDeadlines(TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(500)));
        var report = await ladder.RunAsync(CancellationToken.None);
        Assert.Equal(ProbeStep.Auth, report.FailedStep!.Step);
        Assert.InRange(report.Duration.TotalSeconds, 0.4, 1.2);
    }

    [Fact]
    public async Task of_several_hosts_the_first_that_accepts_is_probed()
    {
        var settings = new NpgsqlConnectionStringBuilder(await MigratedAsync());
        settings.Host = $"no-such-host.invalid,127.0.0.1:{Ports.Free()},127.0.0.1:{settings.Port}";
        var report = await RunAsync(settings.ConnectionString);
        Assert.True(report.IsHealthy, report.FailedStep?.Detail);
    }

    [Fact]
    public async Task the_callers_cancellation_is_thrown()
    {
        await using var silent = FakePostgres.Silent();
        using var stop = new CancellationTokenSource();
        var running = Ladder(silent.ConnectionString).RunAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }
}
