using Holdfast.Providers.Failures;
using Xunit;

namespace Holdfast.Tests.Faults;

/// <summary>The primary refuses our own rows although it is well: it has drifted from the others.</summary>
public sealed class DriftFaultTests(FaultServers servers) : IClassFixture<FaultServers>, IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await servers.HealAsync();

    [Fact]
    public Task a_revoked_grant_is_drift_of_the_provider_and_nothing_is_lost() => ProveAsync(
        "revoke insert, update on holdfast.session_memories from app", "grant insert, update on holdfast.session_memories to app");

    [Fact]
    public Task a_dropped_column_is_drift_of_the_provider_and_nothing_is_lost() => ProveAsync(
        "alter table holdfast.session_memories drop column author", "alter table holdfast.session_memories add column author text");

    [Fact]
    public Task a_tightened_check_is_drift_of_the_provider_and_nothing_is_lost() => ProveAsync(
        "alter table holdfast.session_memories add constraint tightened check (memory_type <> 'message_assistant') not valid",
        "alter table holdfast.session_memories drop constraint tightened");

    private async Task ProveAsync(string drift, string repair)
    {
        var database = await servers.NewDatabaseAsync();
        await using var run = await FaultRun.OpenAsync(servers, servers.Options(database, user: "app"));
        await run.ProveAsync(() => servers.RunAsync(0, drift, database), () => servers.RunAsync(0, repair, database), FailureCause.Drift);
    }
}
