using System.Collections.Concurrent;
using Holdfast.Stores;
using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Work;

/// <summary>What the queues of durable work promise, on every store.</summary>
public abstract class JobContract(Place place) : WorkTest(place)
{
    private const JobKind Kind = JobKind.UploadJobs;

    [Fact]
    public async Task the_oldest_job_is_claimed_first_and_each_kind_has_its_own_queue()
    {
        var first = await Jobs.EnqueueAsync(Kind, Json("1"));
        var second = await Jobs.EnqueueAsync(Kind, Json("2"));
        await Jobs.EnqueueAsync(JobKind.VideoScripts, Json("3"));

        Assert.Equal([first.Id, second.Id], (await Jobs.ClaimAsync(Kind, "w", Long, 5)).Select(job => job.Id));
        Assert.Empty(await Jobs.ClaimAsync(Kind, "w", Long, 5));
        Assert.Single(await Jobs.ClaimAsync(JobKind.VideoScripts, "w", Long, 5));
    }

    [Fact]
    public async Task the_same_key_is_one_job()
    {
        var options = new JobOptions { Key = "video-7" };
        var first = await Jobs.EnqueueAsync(Kind, Json("1"), options);
        var again = await Jobs.EnqueueAsync(Kind, Json("1"), options);
        var other = await Jobs.EnqueueAsync(Kind, Json("2"), options);

        Assert.Equal((AppendOutcome.Stored, AppendOutcome.AlreadyStored, AppendOutcome.KeyConflict), (first.Outcome, again.Outcome, other.Outcome));
        Assert.Equal((first.Id, first.Id), (again.Id, other.Id));
        Assert.Equal("1", Assert.Single(await Jobs.ClaimAsync(Kind, "w", Long, 10)).PayloadJson);
    }

    [Fact]
    public async Task twenty_claimers_never_hold_a_job_twice_and_leave_none_behind()
    {
        const int Count = 200;
        await Task.WhenAll(Enumerable.Range(0, Count).Select(i => Jobs.EnqueueAsync(Kind, Json($"{i}"))));
        await using var another = await OpenAnotherAsync();
        var claims = new ConcurrentBag<Guid>();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(claimer => Task.Run(async () =>
        {
            // Half of them in another process, as far as the store can tell; some finish their jobs, some keep them.
            var jobs = claimer % 2 == 0 ? Jobs : another.Jobs;
            while (await jobs.ClaimAsync(Kind, $"w{claimer}", Long, 1 + claimer % 3) is { Count: > 0 } taken)
            {
                foreach (var job in taken)
                {
                    claims.Add(job.Id);
                    if (claimer % 4 == 0) await jobs.CompleteAsync(job);
                }
            }
        })));

        Assert.Equal(Count, claims.Count);
        Assert.Equal(Count, claims.Distinct().Count());
    }

    [Fact]
    public async Task a_claim_whose_time_ran_out_goes_to_another_worker_as_the_next_attempt()
    {
        await Jobs.EnqueueAsync(Kind, Json("1"));
        var crashed = await ClaimWhenDueAsync(Kind, "crashed", Short);
        if (HasManualTime)
        {
            Time.Advance(Short - TimeSpan.FromMilliseconds(1));
            Assert.Empty(await Jobs.ClaimAsync(Kind, "early", Long));
        }

        var second = await ClaimWhenDueAsync(Kind, "second");
        Assert.Equal((crashed.Id, 1, 2), (second.Id, crashed.Attempt, second.Attempt));
        Assert.NotEqual(crashed.Token, second.Token);
        Assert.False(await Jobs.HeartbeatAsync(crashed, Long));
        Assert.True(await Jobs.HeartbeatAsync(second, Long));
    }

    [Fact]
    public async Task a_heartbeat_keeps_the_claim()
    {
        await Jobs.EnqueueAsync(Kind, Json("1"));
        var claimed = await ClaimWhenDueAsync(Kind, "w", Short);
        Assert.True(await Jobs.HeartbeatAsync(claimed, Long));

        if (HasManualTime) Time.Advance(Short * 2);
        else await TestServers.Wait.UntilAsync(() => Memory.Writer.Clock.Now > claimed.ClaimedUntil.AddMilliseconds(50), "the first limit has passed");
        Assert.Empty(await Jobs.ClaimAsync(Kind, "other", Long));
        Assert.Equal(JobReport.Recorded, await Jobs.CompleteAsync(claimed));
        Assert.False(await Jobs.HeartbeatAsync(claimed, Long));
    }

    [Fact]
    public async Task a_completed_job_is_closed_and_keeps_its_result()
    {
        await Jobs.EnqueueAsync(Kind, Json("1"));
        var claimed = await ClaimWhenDueAsync(Kind, "w");

        Assert.Equal(JobReport.Recorded, await Jobs.CompleteAsync(claimed, Json("""{"url":"x"}""")));
        Assert.Equal(JobReport.AlreadyRecorded, await Jobs.CompleteAsync(claimed, Json("""{"url":"y"}""")));
        Assert.Equal(JobReport.AlreadyRecorded, await Jobs.FailAsync(claimed, "too late"));
        var found = await FindAsync(claimed);
        Assert.Equal((JobState.Completed, "x"), (found.State, found.Result?.GetProperty("url").GetString()));
        Assert.Null(found.Error);
        Assert.Empty(await Jobs.ClaimAsync(Kind, "w", Long));
        Assert.False(await Jobs.ReplayAsync(Kind, claimed.Id));
    }

    [Fact]
    public async Task work_that_was_done_after_the_claim_was_lost_counts_unless_somebody_else_had_completed_it()
    {
        await Jobs.EnqueueAsync(Kind, Json("1"));
        var lost = await ClaimWhenDueAsync(Kind, "slow", Short);
        var held = await ClaimWhenDueAsync(Kind, "fast");

        Assert.Equal(JobReport.ClaimLost, await Jobs.FailAsync(lost, "the holder decides"));
        Assert.Equal(JobState.Claimed, (await FindAsync(held)).State);
        Assert.Equal(JobReport.RecordedAfterLoss, await Jobs.CompleteAsync(lost, Json("\"slow\"")));
        Assert.Equal(JobReport.AlreadyCompleted, await Jobs.CompleteAsync(held, Json("\"fast\"")));
        Assert.Equal(JobReport.AlreadyCompleted, await Jobs.FailAsync(held, "no matter"));
        var found = await FindAsync(held);
        Assert.Equal((JobState.Completed, "slow"), (found.State, found.Result?.GetString()));
    }

    [Fact]
    public async Task a_job_is_not_claimed_before_its_time()
    {
        await Jobs.EnqueueAsync(Kind, Json("1"), new JobOptions { RunAfter = Memory.Writer.Clock.Now.AddDays(1) });
        Assert.Empty(await Jobs.ClaimAsync(Kind, "early", Long));
        Assert.Equal(JobState.Delayed, Assert.Single(await Jobs.ListAsync(Kind).ToListAsync()).State);

        var soon = Memory.Writer.Clock.Now.AddMilliseconds(200);
        var id = (await Jobs.EnqueueAsync(Kind, Json("2"), new JobOptions { RunAfter = soon })).Id;
        Assert.Equal(id, (await ClaimWhenDueAsync(Kind, "w")).Id);
        Assert.True(Memory.Writer.Clock.Now >= soon);
    }

    [Fact]
    public async Task jobs_are_listed_by_state_and_page_by_page()
    {
        for (var i = 0; i < 5; i++) await Jobs.EnqueueAsync(Kind, Json($"{i}"));
        var claimed = await Jobs.ClaimAsync(Kind, "w", Long, 2);
        await Jobs.CompleteAsync(claimed[0]);

        var all = await Jobs.ListAsync(Kind).ToListAsync();
        Assert.Equal([JobState.Completed, JobState.Claimed, JobState.Waiting, JobState.Waiting, JobState.Waiting], all.Select(job => job.State));
        Assert.Equal(["0", "1", "2", "3", "4"], all.Select(job => job.PayloadJson));
        Assert.Equal(["2", "3"], await Jobs.ListAsync(Kind, JobState.Waiting, countMax: 2).Select(job => job.PayloadJson).ToListAsync());
        Assert.Equal(["4"], await Jobs.ListAsync(Kind, JobState.Waiting, after: all[3].Stamp).Select(job => job.PayloadJson).ToListAsync());
        Assert.Empty(await Jobs.ListAsync(JobKind.VideoScripts).ToListAsync());
    }

    [Fact]
    public async Task a_job_of_a_forgotten_user_is_neither_claimed_nor_shown_and_its_holder_can_still_report()
    {
        await Jobs.EnqueueAsync(Kind, Json("\"secret\""), new JobOptions { UserId = "maria" });
        await Jobs.EnqueueAsync(Kind, Json("\"held\""), new JobOptions { UserId = "maria" });
        var held = Assert.Single(await Jobs.ClaimAsync(Kind, "w", Long));
        await Memory.ForgetUserAsync("maria");

        Assert.Empty(await Jobs.ClaimAsync(Kind, "w", Long));
        Assert.Empty(await Jobs.ListAsync(Kind).ToListAsync());
        Assert.Equal(JobReport.Recorded, await Jobs.CompleteAsync(held, Json("\"about maria\"")));
        var kept = new Statement("select content from {job_outcomes} where tenant_id = $1 and job_id = $2");
        Assert.Null(await Memory.Writer.Store.QueryAsync(kept, [Memory.TenantId, held.Id], row => row.TextOrNull(0), CancellationToken.None).SingleAsync());
    }
}

public sealed class JobsInTheLocalFile() : JobContract(Place.LocalFile);

public sealed class JobsInPostgres() : JobContract(Place.Postgres);

public sealed class JobsInNewerPostgres() : JobContract(Place.NewerPostgres);

public sealed class JobsBehindPgBouncer() : JobContract(Place.PgBouncer);

public sealed class JobsUnderRowSecurity() : JobContract(Place.RowSecurity);
