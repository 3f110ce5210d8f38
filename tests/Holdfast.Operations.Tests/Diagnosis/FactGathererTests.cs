using Holdfast.Operations.Diagnosis;
using Holdfast.Operations.Drills;
using Holdfast.Providers.Control;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Diagnosis;

/// <summary>Findings from real servers, files and folders.</summary>
public sealed class FactGathererTests
{
    [Fact]
    public async Task where_all_is_well_there_is_nothing_to_find()
    {
        using var databases = await Databases.CreateAsync(2);
        var report = await DiagnoseAsync(databases);
        Assert.Empty(report.Findings);
        Assert.Empty(Directory.GetFileSystemEntries(databases.Home));
    }

    [Theory]
    [InlineData("revoke insert on holdfast.commands from {role}", "drift")]
    [InlineData("alter role {role} set default_transaction_read_only = on", "read_only")]
    [InlineData("alter role {role} nologin", "authentication")]
    [InlineData("alter table holdfast.users drop column content", "drift")]
    public async Task what_is_wrong_with_one_provider_is_found_and_the_other_is_named(string harm, string code)
    {
        using var databases = await Databases.CreateAsync(2);
        var role = await databases.UseRoleAsync(0);
        await databases.HarmAsync(0, harm.Replace("{role}", role, StringComparison.Ordinal));
        var finding = Assert.Single((await DiagnoseAsync(databases)).Findings);
        Assert.Equal((code, "neon"), (finding.Code, finding.Subject));
        Assert.Contains("supabase answers", finding.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_server_that_is_killed_is_found_and_with_it_alone_nothing_is_reachable()
    {
        await using var server = await PostgresServer.StartAsync();
        using var databases = await Databases.CreateAsync(1);
        databases.Options.Providers.Add(new ProviderOptions { Name = "own", Connection = server.ConnectionString });
        await new Holdfast.Operations.Schema.Migrations.SchemaMigrator(server.ConnectionString).MigrateAsync();
        Assert.Empty((await DiagnoseAsync(databases)).Findings);
        await server.KillAsync();
        Assert.Equal("unreachable", Assert.Single((await DiagnoseAsync(databases)).Findings).Code);
        databases.Options.Providers.RemoveAt(0);
        Assert.False((await DiagnoseAsync(databases)).IsReachable);
    }

    [Fact]
    public async Task a_silent_provider_is_found_within_its_deadline()
    {
        using var databases = await Databases.CreateAsync(2);
        var settings = new NpgsqlConnectionStringBuilder(databases.Connection(0));
        await using var proxy = FaultProxy.Start(settings.Host!, settings.Port);
        databases.Options.Providers[0].Connection = proxy.Through(databases.Connection(0));
        proxy.Set(FaultMode.Blackhole);
        Assert.Equal("silent", Assert.Single((await DiagnoseAsync(databases)).Findings).Code);
    }

    [Fact]
    public async Task files_under_the_home_folder_are_looked_at()
    {
        using var databases = await Databases.CreateAsync(1);
        new ControlFile(databases.Home).Write(ControlState.None with { FrozenSince = TimeProvider.System.GetUtcNow(), Drained = ["neon"] });
        Assert.Equal(["frozen", "drained"], (await DiagnoseAsync(databases)).Findings.Select(finding => finding.Code));
        await File.WriteAllTextAsync(new ControlFile(databases.Home).Path, "{");
        await File.WriteAllTextAsync(HoldfastHome.LocalFile(databases.Home), new string('x', 9_000));
        Assert.Equal(["control_damaged", "local_file"], (await DiagnoseAsync(databases)).Findings.Select(finding => finding.Code));
    }

    [Fact]
    public async Task rows_that_wait_for_providers_are_found()
    {
        using var databases = await Databases.CreateAsync(1);
        var connection = databases.Connection(0);
        databases.Options.Providers[0].Connection = new NpgsqlConnectionStringBuilder(connection) { Port = Ports.Free() }.ConnectionString;
        await using (var memory = await AgentMemory.OpenAsync(databases.Options)) await (await memory.OpenSessionAsync("s")).AppendUserAsync("waits");
        databases.Options.Providers[0].Connection = connection;
        var facts = await new FactGatherer(databases.Configuration, TimeProvider.System).GatherAsync(CancellationToken.None);
        Assert.True(facts.Local.Waiting > 0);
        Assert.Contains(DiagnosisRules.Of(facts with { Now = facts.Now.AddMinutes(10) }).Findings, finding => finding.Code == "spool_waiting");
    }

    private static async Task<DiagnosisReport> DiagnoseAsync(Databases databases) =>
        DiagnosisRules.Of(await new FactGatherer(databases.Configuration, TimeProvider.System).GatherAsync(CancellationToken.None));
}
