using Holdfast.Operations.Schema.Constraints;
using Holdfast.Operations.Schema.Sessions;
using Holdfast.TestServers;
using Xunit;
using static Holdfast.Operations.Tests.Schema.Constraints.MemoryTypeCheck;

namespace Holdfast.Operations.Tests.Schema.Constraints;

/// <summary>A repair that others come in the way of, or that is cut: guarded at every moment, and finished by the next.</summary>
public sealed class ConstraintFixCutTests
{
    [Fact]
    public async Task a_row_that_comes_in_meanwhile_ends_the_repair_and_leaves_the_old_check()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync($"{Drop}; alter table {Table} add constraint {Name} check (memory_type in ({All}, 'dream'))");
        // Not to be seen when the rows are counted, and in the way of the lock until it is committed.
        var writer = await database.HoldAsync(SchemaDatabase.Memory(1, "dream"));
        var error = await Assert.ThrowsAsync<SchemaException>(() => Fix(database).RunAsync([Expected], what =>
        {
            if (what.Waiting is null || writer.FullState != System.Data.ConnectionState.Open) return;
            using (var commit = new Npgsql.NpgsqlCommand("commit", writer)) commit.ExecuteNonQuery();
            writer.Dispose();
        }, Token));
        Assert.Contains("1 row", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await ChecksAsync(database));
        Assert.Equal(["dream"], (await StatusAsync(database)).Extra);
    }

    [Theory]
    [InlineData(FixStepKind.Add)]
    [InlineData(FixStepKind.Validate)]
    [InlineData(FixStepKind.Swap)]
    internal async Task a_run_that_is_killed_after_any_step_is_finished_by_the_next(FixStepKind last)
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync($"{Drop}; alter table {Table} add constraint valid_memory_type check (memory_type in ('log'))");
        await Assert.ThrowsAnyAsync<Exception>(() => Fix(database).RunAsync([Expected], what =>
        {
            if (what.Waiting is not null || what.Step.Kind != last) return;
            database.TerminateAsync(Program).GetAwaiter().GetResult();
            throw new InvalidOperationException("killed");
        }, Token));
        // Guarded at every moment, by the old check or by ours.
        Assert.Equal("23514", (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => database.ExecuteAsync(SchemaDatabase.Memory(1, "dream")))).SqlState);
        var again = await Fix(database).RunAsync([Expected], null, Token);
        Assert.Equal(last switch { FixStepKind.Add => 2, FixStepKind.Validate => 1, _ => 0 }, again.Steps.Count);
        Assert.Equal(1, await ChecksAsync(database));
        Assert.Equal(CheckState.Equal, (await StatusAsync(database)).State);
    }

    [Theory]
    [InlineData(FixStepKind.Add, "access share")]
    [InlineData(FixStepKind.Validate, "share update exclusive")]
    [InlineData(FixStepKind.Swap, "access share")]
    internal async Task a_run_whose_session_ends_within_any_step_is_finished_by_the_next(FixStepKind within, string inTheWay)
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync($"{Drop}; alter table {Table} add constraint valid_memory_type check (memory_type in ('log'))");
        Npgsql.NpgsqlConnection? blocker = null;
        var ended = Task.CompletedTask;
        async Task EndAsync()
        {
            await Wait.UntilAsync(() => database.ScalarAsync<bool>($"select exists (select from pg_stat_activity where application_name = '{Program}' and datname = current_database() and wait_event_type = 'Lock')"), "the step has begun");
            await database.TerminateAsync(Program);
        }
        void Before(FixStepKind step)
        {
            if (step != within) return;
            blocker = database.HoldAsync($"lock table {Table} in {inTheWay} mode").GetAwaiter().GetResult();
            ended = EndAsync();
        }
        Before(FixStepKind.Add == within ? within : FixStepKind.DropLeftover);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Fix(database).RunAsync([Expected], what =>
        {
            if (what.Waiting is null && what.Step.Kind != FixStepKind.Swap) Before(what.Step.Kind + 1);
        }, Token));
        await ended;
        await blocker!.DisposeAsync();
        Assert.Equal("23514", (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => database.ExecuteAsync(SchemaDatabase.Memory(1, "dream")))).SqlState);
        Assert.Equal(within switch { FixStepKind.Add => 3, FixStepKind.Validate => 2, _ => 1 }, (await Fix(database).RunAsync([Expected], null, Token)).Steps.Count);
        Assert.Equal(1, await ChecksAsync(database));
        Assert.Equal(CheckState.Equal, (await StatusAsync(database)).State);
    }

    [Fact]
    public async Task a_table_in_use_is_given_way_to_and_in_the_end_named()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync(Drop);
        await using var reader = await database.HoldAsync($"select count(*) from {Table}");
        var waits = new List<string>();
        var fix = new ConstraintFix(database.Settings, "holdfast") { Retry = new LockRetry(TimeProvider.System) { PauseMin = TimeSpan.FromMilliseconds(10), PauseMax = TimeSpan.FromMilliseconds(20), TriesMax = 2 } };
        var error = await Assert.ThrowsAsync<LockNotGrantedException>(() => fix.RunAsync([Expected], what => waits.Add(what.Waiting ?? ""), Token));
        Assert.Contains($"process {reader.ProcessID}", error.Message, StringComparison.Ordinal);
        Assert.Contains($"process {reader.ProcessID}", Assert.Single(waits), StringComparison.Ordinal);
        Assert.Equal(0, await ChecksAsync(database));
    }

    [Fact]
    public async Task two_repairs_at_once_do_it_once()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync(Drop);
        var reports = await Task.WhenAll(Fix(database).RunAsync([Expected], null, Token), Fix(database).RunAsync([Expected], null, Token));
        Assert.Equal([0, 3], reports.Select(report => report.Steps.Count).Order());
        Assert.Equal(1, await ChecksAsync(database));
    }
}
