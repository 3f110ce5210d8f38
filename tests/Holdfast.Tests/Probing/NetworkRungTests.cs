using System.Net;
using System.Net.Sockets;
using Holdfast.Providers.Failures;
using Holdfast.Providers.Probing;
using Holdfast.TestServers;
using Xunit;
using static Holdfast.Tests.Probing.Probes;

namespace Holdfast.Tests.Probing;

/// <summary>The way to a server: its name, its port, and its silence.</summary>
public sealed class NetworkRungTests
{
    [Fact]
    public async Task a_name_that_does_not_exist_fails_on_the_first_rung_and_the_others_are_not_reached()
    {
        var report = await RunAsync("Host=no-such-host.invalid;Username=x");
        Expect(report, ProbeStep.Dns, FailureCause.Down, "does not resolve");
        Assert.All(report.Steps.Skip(1), step => Assert.Equal(ProbeState.NotReached, step.State));
    }

    [Fact]
    public async Task the_vanished_name_of_a_managed_project_asks_whether_it_is_paused() =>
        Expect(await RunAsync("Host=db.abcdefgh.supabase.co;Username=x", new FakeResolver()), ProbeStep.Dns, FailureCause.Down, "Project paused?");

    [Fact]
    public async Task a_host_with_only_an_IPv6_address_is_told_from_one_without_any()
    {
        var report = await RunAsync("Host=db.abcdefgh.supabase.co;Username=x", new FakeResolver(IPAddress.Parse("2001:db8::1")));
        Expect(report, ProbeStep.Dns, FailureCause.Down, "only an IPv6 address");
        Assert.Contains("pooler", report.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_closed_port_fails_on_the_second_rung() =>
        Expect(await RunAsync($"Host=127.0.0.1;Port={Ports.Free()};Username=x"), ProbeStep.Tcp, FailureCause.Down, "Nobody listens");

    [Fact]
    public async Task a_server_that_accepts_and_stays_silent_takes_no_longer_than_the_deadline()
    {
        await using var silent = FakePostgres.Silent();
        foreach (var (mode, step) in new[] { ("Prefer", ProbeStep.Tls), ("Disable", ProbeStep.Auth) })
        {
            var report = await RunAsync($"{silent.ConnectionString};SslMode={mode}");
            Expect(report, step, FailureCause.Down, "frozen");
            Assert.InRange(report.FailedStep!.Duration.TotalSeconds, 0.9, 1.6);
        }
    }

    [Fact]
    public async Task a_frozen_server_takes_no_longer_than_the_deadline()
    {
        await using var server = await PostgresServer.StartAsync();
        var database = await MigratedAsync(server);
        var ladder = Ladder(database + ";SslMode=Disable");
        Assert.True((await ladder.RunAsync(CancellationToken.None)).IsHealthy);
        server.Running.Signal(PosixSignal.Stop);
        var report = await ladder.RunAsync(CancellationToken.None);
        server.Running.Signal(PosixSignal.Continue);
        Expect(report, ProbeStep.Auth, FailureCause.Down, "frozen");
        Assert.InRange(report.Duration.TotalSeconds, 0.9, 2);
    }

    private sealed class FakeResolver(params IPAddress[] addresses) : IResolver
    {
        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
            addresses.Length > 0 ? Task.FromResult(addresses) : throw new SocketException((int)SocketError.HostNotFound);

        public bool HasRoute(IPAddress address) => false;
    }
}
