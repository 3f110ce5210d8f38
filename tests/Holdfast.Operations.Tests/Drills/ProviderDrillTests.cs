using Holdfast.Operations.Drills;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Providers.Control;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Drills;

/// <summary>What a drill reports, and that it harms nobody.</summary>
public sealed class ProviderDrillTests
{
    [Theory]
    [InlineData(DrillFault.Refuse, 2)]
    [InlineData(DrillFault.Blackhole, 6)]
    [InlineData(DrillFault.Freeze, 6)]
    internal async Task the_primary_of_three_is_cut_off_and_nothing_is_lost_or_doubled(DrillFault fault, int seconds)
    {
        using var databases = await Databases.CreateAsync(3);
        var report = await RunAsync(databases, new DrillPlan(null, fault, TimeSpan.FromSeconds(seconds)));
        TestContext.Current.SendDiagnosticMessage(report.ToString());
        Assert.Null(report.Problem);
        Assert.Equal(("neon", true), (report.Provider, report.WasPrimary));
        // The next in order, or the one after it where only that one has all rows at this moment.
        Assert.Contains(report.SwitchedTo, (IEnumerable<string>)["supabase", "railway"]);
        Assert.Equal((0, 0, 0), (report.Lost, report.Doubled, report.Failed));
        // Writes went on while it was away.
        Assert.InRange(report.LongestGapMilliseconds, 0, report.CutMilliseconds);
        Assert.True(report.CutMilliseconds >= seconds * 950, $"cut off for {report.CutMilliseconds:0} ms");
        // Whoever answers first; without a hedge to spare it is the local file.
        Assert.Contains(report.CarriedBy, (IEnumerable<string>)["supabase", "railway", "local"]);
        Assert.InRange(report.CarriedMilliseconds!.Value, 0, report.CutMilliseconds);
        Assert.InRange(report.DetectionMilliseconds!.Value, 0, report.CutMilliseconds);
        Assert.True(report.NoticedMilliseconds <= report.DetectionMilliseconds);
        Assert.NotNull(report.SwitchMilliseconds);
        Assert.True(report.RecoveryMilliseconds <= report.FailbackMilliseconds);
        Assert.All(report.Counts, count => Assert.True(count.Rows >= report.Acknowledged, count.ToString()));
        Assert.Equal(3, report.Counts.Count);
        for (var i = 0; i < 3; i++)
            Assert.Equal(0L, await PostgresServer.AskAsync<long>(databases.Connection(i), "select count(*) from holdfast.session_memories where content is not null or tenant_id <> 'holdfast-drill'"));
        Assert.Empty(Directory.GetFileSystemEntries(databases.Home));
    }

    [Fact]
    public async Task a_provider_leads_again_although_writes_never_pause()
    {
        using var databases = await Databases.CreateAsync(2);
        var report = await RunAsync(databases, new DrillPlan(null, DrillFault.Refuse, TimeSpan.FromSeconds(1)) { WriteEvery = TimeSpan.FromMilliseconds(1), RecoveryMax = TimeSpan.FromSeconds(20) });
        Assert.Null(report.Problem);
        Assert.InRange(report.FailbackMilliseconds!.Value, 0, 15_000);
    }

    [Fact]
    public async Task an_outage_that_is_shorter_than_its_detection_is_carried_all_the_same()
    {
        using var databases = await Databases.CreateAsync(2);
        var report = await RunAsync(databases, new DrillPlan(null, DrillFault.Freeze, TimeSpan.FromMilliseconds(500)));
        Assert.Null(report.Problem);
        Assert.NotNull(report.CarriedBy);
        Assert.Equal((null, null), (report.SwitchedTo, report.DetectionMilliseconds));
    }

    [Fact]
    public async Task a_backup_can_be_cut_off_and_the_primary_stays()
    {
        using var databases = await Databases.CreateAsync(3);
        var report = await RunAsync(databases, new DrillPlan("railway", DrillFault.Refuse, TimeSpan.FromSeconds(1)));
        Assert.Null(report.Problem);
        Assert.Equal((false, null), (report.WasPrimary, report.SwitchedTo));
        Assert.NotNull(report.DetectionMilliseconds);
    }

    [Fact]
    public async Task a_single_provider_is_replaced_by_the_local_file()
    {
        using var databases = await Databases.CreateAsync(1);
        var report = await RunAsync(databases, new DrillPlan(null, DrillFault.Refuse, TimeSpan.FromSeconds(1)));
        Assert.Null(report.Problem);
        Assert.Equal("local", report.SwitchedTo);
        Assert.True(report.AcknowledgedLocally > 0);
    }

    [Fact]
    public async Task a_certificate_is_checked_for_the_servers_own_name_through_the_proxy_too()
    {
        await using var server = await PostgresServer.StartAsync();
        using var certificates = new TestCertificates();
        await server.UseCertificateAsync(certificates.Make(TestCertificate.NameOnly));
        await new SchemaMigrator(server.ConnectionString).MigrateAsync();
        using var databases = await Databases.CreateAsync(1);
        databases.Options.Providers[0].Connection = new NpgsqlConnectionStringBuilder(server.ConnectionString)
        { Host = "localhost", SslMode = SslMode.VerifyFull, RootCertificate = certificates.AuthorityFile }.ConnectionString;
        Assert.Null((await RunAsync(databases, new DrillPlan(null, DrillFault.Refuse, TimeSpan.FromSeconds(1)))).Problem);

        await server.UseCertificateAsync(certificates.Make(TestCertificate.WrongName));
        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => RunAsync(databases, new DrillPlan(null, DrillFault.Refuse, TimeSpan.FromSeconds(1))));
        Assert.Contains("certificate", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task rows_that_a_provider_drops_or_doubles_are_counted()
    {
        using var databases = await Databases.CreateAsync(2);
        await databases.HarmAsync(1, """
            create function holdfast.harm() returns trigger language plpgsql as $$ begin
              if new.content #>> '{}' = 'drill 3' then return null; end if;
              if new.content #>> '{}' = 'drill 5' then new.content = '"drill 4"'; end if;
              return new; end $$;
            create trigger harm before insert on holdfast.session_memories for each row execute function holdfast.harm();
            """);
        var report = await RunAsync(databases, new DrillPlan(null, DrillFault.Refuse, TimeSpan.FromMilliseconds(200)) { RecoveryMax = TimeSpan.FromSeconds(5) });
        Assert.Equal("1 acknowledged rows are missing", report.Problem);
        Assert.Equal((1, 1), (report.Counts[1].Lost, report.Counts[1].Doubled));
        Assert.Equal((0, 0), (report.Counts[0].Lost, report.Counts[0].Doubled));
    }

    [Fact]
    public async Task a_provider_that_is_down_already_is_not_drilled()
    {
        using var databases = await Databases.CreateAsync(1);
        databases.Options.Providers[0].Connection = new NpgsqlConnectionStringBuilder(databases.Connection(0)) { Port = Ports.Free() }.ConnectionString;
        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => RunAsync(databases, new DrillPlan(null, DrillFault.Refuse, TimeSpan.FromSeconds(1))));
        Assert.Contains("even without a drill", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task while_writes_are_frozen_there_is_no_drill()
    {
        using var databases = await Databases.CreateAsync(1);
        new ControlFile(databases.Home).Write(ControlState.None with { FrozenSince = DateTimeOffset.UnixEpoch });
        await Assert.ThrowsAsync<WritesFrozenException>(() => RunAsync(databases, new DrillPlan(null, DrillFault.Refuse, TimeSpan.FromSeconds(1))));
        Assert.Equal(0L, await PostgresServer.AskAsync<long>(databases.Connection(0), "select count(*) from holdfast.session_memories"));
    }

    private static Task<DrillReport> RunAsync(Databases databases, DrillPlan plan) => new ProviderDrill(databases.Options).RunAsync(plan, CancellationToken.None);
}
