using Holdfast.Operations.Diagnosis;
using Holdfast.Operations.Monitoring;
using Holdfast.Operations.Verification;
using Holdfast.Providers;
using Holdfast.Providers.Configuration;
using Holdfast.Relay;
using Holdfast.Relay.Digests;
using Holdfast.Rows;
using Holdfast.Stores.Postgres;
using Holdfast.TestServers;
using Holdfast.Tests.Relay;
using Holdfast.Tests.Stores;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Tenancy;

/// <summary>
/// The relay goes over all tenants. Under row-level security that takes a role of its own; without it nothing is taken for equal or
/// empty, and the missing setting is named.
/// </summary>
public sealed class RelayRoleTests
{
    private const string Setting = "HOLDFAST_PROVIDER_B_RELAY";

    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task without_the_relays_role_nothing_is_pulled_compared_or_taken_for_equal()
    {
        var options = await OptionsAsync();
        await using var memory = await OpenAsync(options);
        var session = await memory.OpenSessionAsync("s", "maria");
        await session.AppendUserAsync("kept");
        var relay = memory.Relay!;
        Named(await Assert.ThrowsAsync<AttemptFailedException>(() => relay.PullAllAsync(Never)));
        var links = await RelayLinkStatus.ReadAsync(memory.Providers!.Access, Never);
        Assert.Equal(("unknown", "never ran"), (links.Single(link => link.Receiver == "b").State, links.Single(link => link.Source == "b").State));
        Assert.Contains(Setting, links.Single(link => link.Receiver == "b").Error, StringComparison.Ordinal);

        await using var reached = await ReachedStores.OpenAsync(options.Providers, options, Never);
        Assert.Equal("a", Assert.Single(reached.Stores).Name);
        Named(Assert.Single(reached.Unreached).Error);

        var status = await new StatusGatherer(options, [.. options.Providers]).GatherAsync(withTables: true, Never);
        Assert.Equal(StatusLevel.Degraded, status.Verdict.Level);
        Assert.Contains(Setting, status.Verdict.Sentence, StringComparison.Ordinal);
        // Unknown is not none.
        Assert.All(status.Tables, table => Assert.Null(table.Rows["b"]));
        var facts = await new FactGatherer(new HoldfastConfiguration(options, [], [], []), TimeProvider.System).GatherAsync(Never);
        var finding = Assert.Single(SecurityRules.Find(facts), finding => finding.Code == "relay_role");
        Assert.Contains(Setting, finding.Command, StringComparison.Ordinal);
        // The application goes on: both providers lead and take its rows, and none is marked for what the relay may not do.
        Assert.All(memory.Providers.List(), provider => Assert.Null(provider.Cause));
        Assert.Equal(["kept"], await session.ReadAsync().Select(message => message.Content.GetString()!).ToListAsync());
    }

    [Fact]
    public async Task with_it_all_tenants_are_brought_over_compared_and_counted()
    {
        var options = await OptionsAsync();
        options.Providers[1].RelayConnection = TenantRoles.As(options.Providers[1].Connection.Reveal(), TenantRoles.Relay);
        // Rows of tenants that no process here knows.
        await using (var first = await PostgresConnector.ConnectAsync(options.Providers[0].Connection, "holdfast", TimeProvider.System, null, Never))
            for (var i = 0; i < 5; i++)
            {
                var rows = new TestRows(TestPlaces.Unique("tenant"));
                await first.MergeAsync([rows.Message("over there"), rows.Revision("theme", "1")], Never);
            }
        await using var memory = await OpenAsync(options);
        await memory.Relay!.PullAllAsync(Never);
        await Wait.UntilAsync(async () => (await RelayLinkStatus.ReadAsync(memory.Providers!.Access, Never)).All(link => link is { State: "equal", Error: null }), "both directions are equal");
        await using var reached = await ReachedStores.OpenAsync(options.Providers, options, Never);
        var report = await new StoreComparison(reached.Stores, new ComparisonOptions { Deep = true, Patience = TimeSpan.FromSeconds(5) }).RunAsync(Never);
        Assert.True(report.IsEqual);
        Assert.All(report.Providers, provider => Assert.True(provider.Rows >= 15));
        var status = await new StatusGatherer(options, [.. options.Providers]).GatherAsync(withTables: true, Never);
        Assert.Equal(5, status.Tables.Single(table => table.Name == "session_memories").Rows["b"]);
        Assert.Equal(StatusLevel.Well, status.Verdict.Level);
        Assert.DoesNotContain(SecurityRules.Find(await new FactGatherer(new HoldfastConfiguration(options, [], [], []), TimeProvider.System).GatherAsync(Never)), finding => finding.Code == "relay_role");

        // The comparison sees what is missing there, so that its "equal" means something.
        await PostgresServer.ExecuteAsync(Owner(options.Providers[1].Connection.Reveal()), "delete from holdfast.session_memories where id = (select id from holdfast.session_memories limit 1)");
        Assert.False((await new StoreComparison(reached.Stores, new ComparisonOptions { Patience = TimeSpan.FromMilliseconds(10) }).RunAsync(Never)).IsEqual);
    }

    [Fact]
    public async Task what_a_process_spooled_for_several_tenants_reaches_a_provider_that_keeps_them_apart()
    {
        var options = await OptionsAsync();
        var home = options.Home;
        var tenants = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            // Nobody answers: the rows of three tenants wait in one spool.
            var alone = new HoldfastOptions { Home = home, TenantId = TestPlaces.Unique("tenant") };
            alone.Providers.Add(new ProviderOptions { Name = "b", Connection = $"Host=127.0.0.1;Port={Ports.Free()};Username=x;Database=x;Timeout=1" });
            await using var memory = await AgentMemory.OpenAsync(alone);
            await (await memory.OpenSessionAsync("s", "maria")).AppendUserAsync("spooled");
            tenants.Add(alone.TenantId);
        }
        options.Providers.RemoveAt(0);
        await using var sender = await AgentMemory.OpenAsync(options);
        await using var source = NpgsqlDataSource.Create(Owner(options.Providers[0].Connection.Reveal()));
        await Wait.UntilAsync(async () =>
        {
            await using var command = source.CreateCommand("select count(distinct tenant_id) from holdfast.session_memories");
            return (long)(await command.ExecuteScalarAsync())! == tenants.Count;
        }, "the rows of all three are there");
    }

    [Fact]
    public async Task a_relay_connection_that_is_no_help_says_why_and_leaves_the_provider_in_use()
    {
        var elsewhere = await PullPair.MigratedAsync(await TestServer.NewRelayDatabaseAsync());
        var options = await OptionsAsync();
        var connection = options.Providers[1].Connection.Reveal();
        foreach (var (relay, expected) in new[]
        {
            (connection, $"connects as {TenantRoles.App}"),
            (elsewhere, "leads to"),
            (TenantRoles.As(connection, "nobody_of_that_name"), Setting),
            ($"Host=127.0.0.1;Port={Ports.Free()};Username={TenantRoles.Relay};Database=x;Timeout=1", Setting),
        })
        {
            options.Providers[1].RelayConnection = relay;
            await using var memory = await OpenAsync(options);
            var error = Named(await Assert.ThrowsAsync<AttemptFailedException>(() => memory.Relay!.PullAllAsync(Never)));
            Assert.Contains(expected, error, StringComparison.Ordinal);
            Assert.Contains(expected, Assert.Single((await ReachedAsync(options)).Unreached).Error.Message, StringComparison.Ordinal);
            Assert.All(memory.Providers!.List(), provider => Assert.Null(provider.Cause));
            foreach (var withTables in (bool[])[true, false])
            {
                var status = await new StatusGatherer(options, [.. options.Providers]).GatherAsync(withTables, Never);
                Assert.Equal(StatusLevel.Degraded, status.Verdict.Level);
                Assert.Contains(expected, status.Verdict.Sentence, StringComparison.Ordinal);
            }
            var finding = Assert.Single(SecurityRules.Find(await new FactGatherer(new HoldfastConfiguration(options, [], [], []), TimeProvider.System).GatherAsync(Never)), finding => finding.Code == "relay_role");
            Assert.Contains(expected, finding.What, StringComparison.Ordinal);
            // Without a second provider nothing is cut off.
            var alone = new HoldfastOptions { Home = TestPlaces.NewFolder(), TenantId = options.TenantId };
            alone.Providers.Add(options.Providers[1]);
            var verified = await new Verifier(new HoldfastConfiguration(alone, [], [], []), TimeProvider.System).RunAsync(_ => { }, Never);
            Assert.Contains(expected, Assert.Single(verified.Tests, test => test is { Provider: "b", State: TestState.Failed, Name: "the relay is let in and sees all tenants" }).Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task what_cannot_be_tried_is_not_said_to_work_and_ends_no_look_at_the_others()
    {
        var options = await OptionsAsync();
        // A URL that cannot be read.
        options.Providers[1].RelayConnection = "postgres://:::/";
        var configuration = new HoldfastConfiguration(options, [], [], []);
        var facts = await new FactGatherer(configuration, TimeProvider.System).GatherAsync(Never);
        Named(Assert.Single(SecurityRules.Find(facts), finding => finding.Code == "relay_role").What);
        Named((await new StatusGatherer(options, [.. options.Providers]).GatherAsync(withTables: true, Never)).Verdict.Sentence);

        // No policy shows the application's own role anything: that comes first.
        options.Providers[1].RelayConnection = TenantRoles.As(options.Providers[1].Connection.Reveal(), TenantRoles.Relay);
        await PostgresServer.ExecuteAsync(Owner(options.Providers[1].Connection.Reveal()), "drop policy of_tenant on holdfast.session_memories");
        facts = await new FactGatherer(configuration, TimeProvider.System).GatherAsync(Never);
        Assert.All(facts.Providers, provider => Assert.False(provider.Relay!.WasTried));
        Assert.Contains("no policy lets this role see", (await new StatusGatherer(options, [.. options.Providers]).GatherAsync(withTables: true, Never)).Verdict.Sentence, StringComparison.Ordinal);
        var verified = await new Verifier(configuration, TimeProvider.System) { CutFor = TimeSpan.FromSeconds(1) }.RunAsync(_ => { }, Never);
        Assert.Equal(TestState.Skipped, Assert.Single(verified.Tests, test => test is { Provider: "b", Name: "the relay is let in and sees all tenants" }).State);
    }

    [Fact]
    public async Task a_relay_that_does_not_answer_is_told_in_time()
    {
        var options = await OptionsAsync();
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        var port = ((System.Net.IPEndPoint)silent.LocalEndpoint).Port;
        options.Providers[1].RelayConnection = $"Host=127.0.0.1;Port={port};Username={TenantRoles.Relay};Database=x";
        var sentence = Named((await new StatusGatherer(options, [.. options.Providers]).GatherAsync(withTables: true, Never)).Verdict.Sentence);
        Assert.Contains("no answer within", sentence, StringComparison.Ordinal);
    }

    /// <summary>A memory opens as soon as its first provider answers; here both must.</summary>
    private static async Task<AgentMemory> OpenAsync(HoldfastOptions options)
    {
        var memory = await AgentMemory.OpenAsync(options);
        await Wait.UntilAsync(() => memory.Relay!.Links.All(link => link.CanRun), "both providers are reached");
        return memory;
    }

    private static async Task<ReachedStores> ReachedAsync(HoldfastOptions options)
    {
        await using var reached = await ReachedStores.OpenAsync(options.Providers, options, Never);
        return reached;
    }

    private static string Named(Exception error) => Named(error.Message);

    private static string Named(string text)
    {
        Assert.Contains(Setting, text, StringComparison.Ordinal);
        return text;
    }

    private static string Owner(string connection) => TenantRoles.As(connection, new NpgsqlConnectionStringBuilder(Server!).Username!);

    private static string? Server { get; set; }

    /// <summary>Two providers: <c>a</c> as its owner, <c>b</c> as the application's role under row-level security.</summary>
    private static async Task<HoldfastOptions> OptionsAsync()
    {
        var (first, second) = (await PullPair.MigratedAsync(await TestServer.NewRelayDatabaseAsync()), await PullPair.MigratedAsync(await TestServer.NewRelayDatabaseAsync()));
        Server = first;
        await TenantRoles.KeepApartAsync(second, "holdfast");
        var options = new HoldfastOptions { Home = TestPlaces.NewFolder(), TenantId = TestPlaces.Unique("tenant") };
        options.Providers.Add(new ProviderOptions { Name = "a", Connection = first });
        options.Providers.Add(new ProviderOptions { Name = "b", Connection = TenantRoles.As(second, TenantRoles.App) });
        return options;
    }
}
