using Holdfast.Operations.Schema.Drift;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Tests.Schema.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Drift;

/// <summary>Several providers are compared, and one of them lets the others wait.</summary>
public sealed class DriftLockTests
{
    private static readonly (string, string)[] Shop = [("V1__orders.sql", "create table orders (id bigint primary key)"), ("V2__more.sql", "create table more (id int)")];

    private const string Sessions = "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'holdfast schema drift'";

    private static readonly string Given = $"{Sessions} and state = 'idle' and query like '%pg_advisory_unlock_shared%'";

    [Fact]
    public async Task one_that_is_slow_keeps_no_migration_away_from_another_and_what_that_makes_is_read()
    {
        var (quick, slow) = (await MigrationDatabase.CreateAsync(), await MigrationDatabase.CreateAsync());
        await quick.MigrateAsync(Shop[0]);
        await slow.MigrateAsync(Shop[0]);
        await using var holder = await slow.OpenAsync();
        await MigrationLock.TakeAsync(holder, TimeSpan.Zero, TimeProvider.System, CancellationToken.None);
        var check = CheckAsync(quick, slow, CancellationToken.None);
        await Wait.UntilAsync(async () => await quick.AskAsync<long>(Given) == 1, "the lock of the one that was read is given back");
        await quick.Migrator(MigrationDatabase.Files(Shop), MigrationDatabase.Quick with { LockWaitMax = TimeSpan.Zero }).MigrateAsync();
        Assert.False(check.IsCompleted);
        await MigrationLock.ReleaseAsync(holder);
        var report = await check;
        Assert.Equal("2", HistoryCheck.Through(report.Providers[0].Actual!));
        Assert.Equal(["history_chain other"], report.Findings.Select(finding => $"{finding.Name} {finding.Provider}"));
    }

    [Fact]
    public async Task when_it_is_cancelled_no_session_stays()
    {
        var (quick, slow) = (await MigrationDatabase.CreateAsync(), await MigrationDatabase.CreateAsync());
        await using var holder = await slow.OpenAsync();
        await MigrationLock.TakeAsync(holder, TimeSpan.Zero, TimeProvider.System, CancellationToken.None);
        using var cancel = new CancellationTokenSource();
        var check = CheckAsync(quick, slow, cancel.Token);
        await Wait.UntilAsync(async () => await quick.AskAsync<long>(Given) == 1, "the first was read");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check);
        await Wait.UntilAsync(async () => await quick.AskAsync<long>(Sessions) + await slow.AskAsync<long>(Sessions) == 0, "no session is left", TimeSpan.FromSeconds(10));
    }

    private static Task<DriftReport> CheckAsync(MigrationDatabase quick, MigrationDatabase slow, CancellationToken cancellationToken) =>
        new DriftCheck([new DriftTarget("main", new NpgsqlConnectionStringBuilder(quick.Connection)), new DriftTarget("other", new NpgsqlConnectionStringBuilder(slow.Connection))],
            DriftOptions.Of(MigrationDatabase.Files(Shop), MigrationDatabase.Schema)).RunAsync(cancellationToken);
}
