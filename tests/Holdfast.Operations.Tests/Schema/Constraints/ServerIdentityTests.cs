using System.Net;
using System.Net.Sockets;
using Holdfast.Operations.Schema.Constraints;
using Holdfast.Operations.Schema.Sessions;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Constraints;

public sealed class ServerIdentityTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task an_address_that_leads_to_another_server_in_the_middle_of_a_repair_is_noticed()
    {
        var name = $"moved_{Environment.ProcessId}";
        var first = await SchemaDatabase.CreateAsync(PostgresVersion.Debian, name);
        var second = await SchemaDatabase.CreateAsync(PostgresVersion.Newer, name);
        const string drop = "alter table holdfast.lives drop constraint lives_state_check";
        await first.ExecuteAsync(drop);
        await second.ExecuteAsync(drop);
        await using var address = new MovingAddress(first.Settings.Port);
        var settings = new NpgsqlConnectionStringBuilder(first.Settings.ConnectionString) { Port = address.Port };

        var check = ExpectedCheck.All.Single(check => check.Name == "lives_state_check");
        await Assert.ThrowsAsync<ServerChangedException>(() => new ConstraintFix(settings, "holdfast").RunAsync([check], what =>
        {
            if (what.Step.Kind == FixStepKind.Swap) address.Target = second.Settings.Port;
        }, Token));
        Assert.Equal(0, await second.ScalarAsync<long>("select count(*) from pg_constraint where conname like 'lives_state%'"));
        Assert.Equal(1, await first.ScalarAsync<long>("select count(*) from pg_constraint where conname like 'lives_state%'"));
    }

    [Fact]
    public async Task databases_differ_and_a_role_that_may_not_read_the_identifier_has_the_address_and_the_start_instead()
    {
        var (first, second) = (await SchemaDatabase.CreateAsync(), await SchemaDatabase.CreateAsync());
        Assert.NotEqual(await IdentityAsync(first.Settings), await IdentityAsync(second.Settings));
        Assert.Equal(await IdentityAsync(first.Settings), await IdentityAsync(first.Settings));

        var role = $"blind_{Environment.ProcessId}";
        await first.ExecuteAsync($"revoke execute on function pg_control_system() from public; create role {role} login");
        var blind = await IdentityAsync(new NpgsqlConnectionStringBuilder(first.Settings.ConnectionString) { Username = role });
        Assert.False(blind.IsExact);
        Assert.StartsWith($"127.0.0.1:{first.Settings.Port}/{first.Settings.Database}/", blind.Id, StringComparison.Ordinal);
        Assert.True((await IdentityAsync(first.Settings)).IsExact);
    }

    private static async Task<ServerIdentity> IdentityAsync(NpgsqlConnectionStringBuilder settings)
    {
        await using var session = await ControlSession.OpenAsync(settings, "test", null, Token);
        return session.Identity;
    }

    /// <summary>An address that can be pointed at another server, as a name or a proxy can.</summary>
    private sealed class MovingAddress : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _ended = new();
        private readonly Task _accepting;

        public MovingAddress(int target)
        {
            Target = target;
            _listener.Start();
            _accepting = AcceptAsync();
        }

        public int Target { get; set; }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public async ValueTask DisposeAsync()
        {
            await _ended.CancelAsync();
            _listener.Stop();
            await _accepting;
            _ended.Dispose();
        }

        private async Task AcceptAsync()
        {
            var passing = new List<Task>();
            try
            {
                while (true) passing.Add(PassAsync(await _listener.AcceptTcpClientAsync(_ended.Token)));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                await Task.WhenAll(passing);
            }
        }

        private async Task PassAsync(TcpClient client)
        {
            using var _ = client;
            using var server = new TcpClient();
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, Target, _ended.Token);
                await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream(), _ended.Token), server.GetStream().CopyToAsync(client.GetStream(), _ended.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or IOException)
            {
                // The test has ended, or one side has.
            }
        }
    }
}
