using Holdfast.Providers.Failures;
using Holdfast.Rows;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Tests.Faults;

/// <summary>What providers' own proxies say at startup, and passwords that they refuse: trying those again gets an address banned.</summary>
public sealed class AuthenticationFaultTests(FaultServers servers) : IClassFixture<FaultServers>, IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await servers.HealAsync();

    [Fact]
    public async Task a_refused_password_is_not_tried_again_while_others_are()
    {
        await using var refusing = FakePostgres.Refusing("28P01", "password authentication failed for user \"app\"");
        await using var starting = FakePostgres.Refusing("57P03", "the database system is starting up");
        var options = servers.Options();
        options.Failover.ProbeInterval = TimeSpan.FromMilliseconds(100);
        options.Providers[0].Connection = options.Providers[0].ControlConnection = refusing.ConnectionString;
        options.Providers[2].Connection = options.Providers[2].ControlConnection = starting.ConnectionString;
        await using var run = await FaultRun.OpenAsync(servers, options, healing: [1]);
        await run.ExpectCauseAsync(FailureCause.Authentication);
        await run.AppendAsync(50);
        await Wait.UntilAsync(() => starting.StartupCount >= 10, "the other one is probed on and on");
        await run.AppendAsync(10);
        await run.ReadAsync();
        Assert.Equal(1, refusing.StartupCount);
        await run.CheckAsync();
        run.AssertCauses(FailureCause.Authentication);
    }

    [Fact]
    public async Task a_password_that_was_changed_under_a_running_memory_is_not_tried_again_and_again_and_nothing_is_lost()
    {
        await servers.RunAsync(0, "do $$ begin if not exists (select from pg_roles where rolname = 'keyed') then create role keyed login superuser; end if; end $$; alter role keyed password 'right'");
        await servers[0].Server.UseAccessAsync("host all keyed 127.0.0.1/32 scram-sha-256", "host all all 127.0.0.1/32 trust");
        var options = servers.Options();
        options.Providers[0].Connection += ";Username=keyed;Password=right";
        options.Providers[0].ControlConnection = options.Providers[0].Connection;
        await using var run = await FaultRun.OpenAsync(servers, options, healing: [1, 2]);
        await run.AppendAsync(20);
        Assert.Equal("p0", run.Providers.Primary);
        await servers.RunAsync(0, "alter role keyed password 'changed'");
        servers[0].Proxy.ResetConnections();
        await run.AppendAsync(50);
        await run.ExpectCauseAsync(FailureCause.Authentication);
        await Wait.UntilAsync(() => run.Providers.Primary == "p1", "the second provider leads", details: run.Describe);
        var probes = servers[1].Proxy.AcceptedCount;
        await Wait.UntilAsync(() => servers[1].Proxy.AcceptedCount >= probes + 3, "three probes of the other came by");
        await run.AppendAsync(10);
        await run.CheckAsync();
        run.AssertCauses(FailureCause.Authentication, FailureCause.Down);
        // Those that were on their way when the first was refused: a write, what is pushed, the relay and a probe have connections of their own.
        Assert.InRange(Refusals(), 1, 4);
    }

    [Theory]
    [InlineData("XX000", "Control plane request failed: endpoint is disabled", FailureCause.Paused)]
    [InlineData("XX000", "Your account or project has exceeded the compute time quota. Upgrade your plan to increase limits.", FailureCause.Quota)]
    [InlineData("XX000", "Couldn't connect to compute node", FailureCause.Asleep)]
    [InlineData("XX000", "password authentication failed for user 'app'", FailureCause.Authentication)]
    [InlineData("XX000", "Too many connections to this endpoint", FailureCause.Saturated)]
    [InlineData("XX000", "Tenant or user not found", FailureCause.Paused)]
    [InlineData("XX000", "(ENOTFOUND) tenant/user postgres.abc not found", FailureCause.Paused)]
    [InlineData("XX000", "(EMAXCONNSESSION) max clients reached in session mode", FailureCause.Saturated)]
    [InlineData("XX000", "(ECHECKOUTTIMEOUT) unable to check out connection from the pool", FailureCause.Saturated)]
    [InlineData("XX000", "(EWRONGPASSWORD) password authentication failed for user", FailureCause.Authentication)]
    [InlineData("08P01", "query_wait_timeout", FailureCause.Saturated)]
    [InlineData("57P03", "the database system is starting up", FailureCause.Starting)]
    [InlineData("3D000", "database \"app\" does not exist", FailureCause.Configuration)]
    public async Task what_a_proxy_says_at_startup_is_understood_and_the_others_go_on(string state, string text, FailureCause cause)
    {
        await using var proxy = FakePostgres.Refusing(state, text);
        var options = servers.Options();
        options.Providers[0].Connection = options.Providers[0].ControlConnection = proxy.ConnectionString;
        await using var run = await FaultRun.OpenAsync(servers, options, healing: [1, 2]);
        await run.AppendAsync(10);
        await run.ExpectCauseAsync(cause);
        Assert.Equal("p1", run.Providers.Primary);
        Assert.Contains(text, run.Providers.List()[0].Message, StringComparison.Ordinal);
        await run.CheckAsync();
        run.AssertCauses(cause);
    }

    [Fact]
    public async Task a_host_that_does_not_exist_leaves_the_others_working()
    {
        var options = servers.Options();
        options.Providers[0].Connection = options.Providers[0].ControlConnection = "Host=no-such-project.invalid;Username=app;Password=secret;Database=app";
        await using var run = await FaultRun.OpenAsync(servers, options, healing: [1, 2]);
        await run.AppendAsync(20);
        await run.ExpectCauseAsync(FailureCause.Down);
        Assert.Equal("p1", run.Providers.Primary);
        await run.CheckAsync();
        run.AssertCauses(FailureCause.Down);
    }

    private int Refusals() => servers[0].Server.Running.Log.Split("password authentication failed for user \"keyed\"").Length - 1;
}
