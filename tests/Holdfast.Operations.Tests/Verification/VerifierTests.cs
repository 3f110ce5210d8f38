using Holdfast.Operations.Verification;
using Holdfast.Providers.Configuration;
using Holdfast.Providers.Control;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Verification;

/// <summary>Each test of a verification passes where all is well, and fails, under its own name, where it is not.</summary>
public sealed class VerifierTests
{
    [Fact]
    public async Task where_all_is_well_every_test_passes_and_nothing_stays_behind()
    {
        using var databases = await Databases.CreateAsync(2);
        await databases.UseRoleAsync(0);
        var seen = new List<int>();
        var report = await new Verifier(databases.Configuration, TimeProvider.System) { CutFor = TimeSpan.FromSeconds(1) }.RunAsync(test => seen.Add(test.Number), CancellationToken.None);
        Assert.True(report.IsWell, Text(report));
        Assert.Equal(Enumerable.Range(1, report.Tests.Count), seen);
        // Loopback without TLS: nothing else is left out.
        Assert.All(report.Tests.Where(test => test.State == TestState.Skipped), test => Assert.Equal("TLS", test.Name));
        Assert.Contains(report.Tests, test => test.Name.StartsWith("failover", StringComparison.Ordinal) && test.Detail.Contains("lost 0, doubled 0", StringComparison.Ordinal));
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(0L, await PostgresServer.AskAsync<long>(databases.Connection(i), "select count(*) from holdfast.session_memories where content is not null"));
            Assert.Equal(0L, await PostgresServer.AskAsync<long>(databases.Connection(i), "select count(*) from holdfast.session_memories where tenant_id <> 'holdfast-verify'"));
        }
    }

    [Fact]
    public async Task with_the_local_file_alone_it_is_verified_too()
    {
        using var databases = Databases.None();
        var report = await RunAsync(databases);
        Assert.True(report.IsWell, Text(report));
        Assert.Contains(report.Tests, test => test is { Provider: "local", Name: "it is loaded in its order and time", State: TestState.Passed });
        Assert.Contains(report.Tests, test => test.State == TestState.Skipped && test.Detail == "it needs two providers; configured: 0");
    }

    [Theory]
    [InlineData("revoke insert on holdfast.session_memories from {role}", "privileges of the role")]
    [InlineData("revoke delete on holdfast.erasure_sweeps from {role}", "privileges of the role")]
    [InlineData("revoke usage on schema holdfast from {role}", "privileges of the role")]
    [InlineData("revoke execute on all functions in schema holdfast from public", "privileges of the role")]
    [InlineData("create table holdfast.own (id int); alter table holdfast.own enable row level security; revoke update on holdfast.relay_sources from {role}", "privileges of the role")]
    [InlineData("alter role {role} set default_transaction_read_only = on", "it commits a row")]
    [InlineData("alter table holdfast.knowledge_atoms drop column manufacturer cascade", "its schema is this program's")]
    [InlineData("drop table holdfast.payments", "its schema is this program's")]
    [InlineData("alter table holdfast.session_memories add check (memory_type <> 'decision') not valid", "a session is saved")]
    [InlineData("{trigger:session_memories:new.occurred_at = new.occurred_at + interval '1 microsecond'; return new}", "it is loaded in its order and time")]
    [InlineData("{trigger:session_memories:if new.memory_type = 'summary' then new.content = '\"something else\"'; end if; return new}", "it is loaded in its order and time")]
    [InlineData("{trigger:knowledge_atoms:new.manufacturer = 'another'; return new}", "knowledge and settings are written and queried")]
    [InlineData("{trigger:settings:new.category = 'another'; return new}", "knowledge and settings are written and queried")]
    [InlineData("{trigger:lives:return null}", "it is deleted")]
    [InlineData("{update:session_memories:return null}", "what the tests wrote is emptied again")]
    public async Task what_is_wrong_with_a_provider_fails_the_test_of_that_name(string harm, string name)
    {
        using var databases = await Databases.CreateAsync(1);
        var role = await databases.UseRoleAsync(0);
        await databases.HarmAsync(0, Harm(harm).Replace("{role}", role, StringComparison.Ordinal));
        var report = await RunAsync(databases);
        var failed = report.Tests.Where(test => test.State == TestState.Failed).ToList();
        Assert.True(failed.Exists(test => test.Name == name && test.Provider == "neon"), Text(report));
        Assert.DoesNotContain(failed, test => test.Provider != "neon");
    }

    [Fact]
    public async Task a_role_that_is_unknown_is_not_let_in()
    {
        using var databases = await Databases.CreateAsync(1);
        databases.Options.Providers[0].Connection = new NpgsqlConnectionStringBuilder(databases.Connection(0)) { Username = "nobody_knows", Password = "planted-s3cret" }.ConnectionString;
        var report = await RunAsync(databases);
        Assert.Equal("the role is let in", Assert.Single(report.Tests, test => test.State == TestState.Failed).Name);
        Assert.DoesNotContain("planted-s3cret", Text(report), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_provider_that_is_not_there_fails_and_is_not_skipped()
    {
        using var databases = await Databases.CreateAsync(1);
        databases.Options.Providers.Add(new ProviderOptions { Name = "gone", Connection = new NpgsqlConnectionStringBuilder(databases.Connection(0)) { Port = Ports.Free() }.ConnectionString });
        var report = await RunAsync(databases);
        var failed = Assert.Single(report.Tests, test => test.State == TestState.Failed);
        Assert.Equal(("gone", "its port accepts"), (failed.Provider, failed.Name));
        Assert.Contains(report.Tests, test => test is { State: TestState.Skipped, Detail: "it needs two providers without a failure; there is only neon" });
    }

    [Fact]
    public async Task a_placeholder_is_skipped_and_a_bad_configuration_fails()
    {
        using var databases = Databases.None();
        var configuration = databases.Configuration with { Settings = [new ConfigurationSetting("HOLDFAST_PROVIDER_NEON", "…", "environment", "not configured")] };
        var report = await new Verifier(configuration, TimeProvider.System).RunAsync(_ => { }, CancellationToken.None);
        Assert.True(report.IsWell, Text(report));
        Assert.Contains(report.Tests, test => test is { State: TestState.Skipped, Name: "configuration of HOLDFAST_PROVIDER_NEON" });

        databases.Options.Providers.Add(new ProviderOptions { Name = "bad", Connection = "postgres://maria:planted-s3cret@127.0.0.1:port/memory" });
        report = await new Verifier(databases.Configuration with { Errors = ["HOLDFAST_PROVIDER_BAD is no URL."] }, TimeProvider.System).RunAsync(_ => { }, CancellationToken.None);
        Assert.Equal(2, report.Tests.Count(test => test is { State: TestState.Failed, Name: "configuration" }));
        Assert.DoesNotContain("planted-s3cret", Text(report), StringComparison.Ordinal);
    }

    [Fact]
    public async Task while_writes_are_frozen_nothing_is_written_and_that_is_a_failure()
    {
        using var databases = await Databases.CreateAsync(2);
        new ControlFile(databases.Home).Write(ControlState.None with { FrozenSince = DateTimeOffset.UnixEpoch, ChangedBy = "maria" });
        var report = await RunAsync(databases);
        var failed = Assert.Single(report.Tests, test => test.State == TestState.Failed);
        Assert.Equal(("writes are not frozen", "holdfast freeze off"), (failed.Name, failed.Advice));
        Assert.Equal(0L, await PostgresServer.AskAsync<long>(databases.Connection(0), "select count(*) from holdfast.session_memories"));
        Assert.False(File.Exists(HoldfastHome.LocalFile(databases.Home)));
    }

    [Fact]
    public async Task a_damaged_local_file_fails_and_stays_as_it_is()
    {
        using var databases = Databases.None();
        var file = HoldfastHome.LocalFile(databases.Home);
        await File.WriteAllTextAsync(file, new string('x', 10_000));
        var report = await RunAsync(databases);
        Assert.Contains(report.Tests, test => test is { State: TestState.Failed, Provider: "local", Name: "a session is saved" });
        Assert.Equal(10_000, new FileInfo(file).Length);
    }

    [Fact]
    public async Task a_folder_that_cannot_be_written_fails()
    {
        using var databases = Databases.None();
        var file = Path.Combine(databases.Home, "a file");
        await File.WriteAllTextAsync(file, "");
        databases.Options.LocalFile = Path.Combine(file, "memory.db");
        var report = await RunAsync(databases);
        Assert.Contains(report.Tests, test => test is { State: TestState.Failed, Provider: "local", Name: "its folder takes a file to the disk" });
    }

    [Fact]
    public async Task a_backup_that_drops_rows_silently_fails_the_failover()
    {
        using var databases = await Databases.CreateAsync(2);
        await databases.HarmAsync(1, Harm("{trigger:session_memories:if new.content #>> '{}' = 'drill 30' then return null; end if; return new}"));
        var report = await new Verifier(databases.Configuration, TimeProvider.System) { CutFor = TimeSpan.FromMilliseconds(200), RecoveryMax = TimeSpan.FromSeconds(5) }.RunAsync(_ => { }, CancellationToken.None);
        var failed = Assert.Single(report.Tests, test => test.State == TestState.Failed);
        Assert.StartsWith("failover", failed.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void an_older_runtime_or_package_fails()
    {
        Assert.Equal("version 10.0.1", RuntimeTests.Check("Npgsql", new Version(10, 0, 1), new Version(10, 0), "…"));
        var failed = Assert.Throws<VerificationFailedException>(() => RuntimeTests.Check("Npgsql", new Version(9, 0, 3), new Version(10, 0), "Raise it."));
        Assert.Equal("Raise it.", failed.Advice);
    }

    private static Task<VerificationReport> RunAsync(Databases databases) => new Verifier(databases.Configuration, TimeProvider.System).RunAsync(_ => { }, CancellationToken.None);

    // A trigger {trigger:TABLE:BODY} changes rows that come in, {update:TABLE:BODY} those that are changed.
    private static string Harm(string harm)
    {
        if (!harm.StartsWith("{trigger:", StringComparison.Ordinal) && !harm.StartsWith("{update:", StringComparison.Ordinal)) return harm;
        var parts = harm[1..^1].Split(':', 3);
        return $"""
            create function holdfast.harm() returns trigger language plpgsql as $$ begin {parts[2]}; end $$;
            create trigger harm before {(parts[0] == "update" ? "update" : "insert")} on holdfast.{parts[1]} for each row execute function holdfast.harm();
            """;
    }

    private static string Text(VerificationReport report) => string.Join("\n", report.Tests.Select(test => $"{test.State} {test.Number} {test.Provider} {test.Name}: {test.Detail} {test.Advice}"));
}
