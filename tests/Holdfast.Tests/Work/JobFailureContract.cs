using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Work;

/// <summary>Jobs that fail, on every store: when they are tried again, and when they are given up.</summary>
public abstract class JobFailureContract(Place place) : WorkTest(place)
{
    private const JobKind Kind = JobKind.UploadJobs;

    [Fact]
    public async Task a_failed_job_waits_for_its_back_off_and_is_tried_again()
    {
        await Jobs.EnqueueAsync(Kind, Json("1"));
        var claimed = await ClaimWhenDueAsync(Kind, "w");
        var before = Memory.Writer.Clock.Now;
        Assert.Equal(JobReport.Recorded, await Jobs.FailAsync(claimed, "no network"));
        Assert.Equal(JobReport.AlreadyRecorded, await Jobs.FailAsync(claimed, "no network"));
        var after = Memory.Writer.Clock.Now;

        var found = await FindAsync(claimed);
        Assert.Equal((JobState.Delayed, "no network", 1), (found.State, found.Error, found.Attempt));
        Assert.InRange(found.RunAfter!.Value, before.AddSeconds(0.5), after.AddSeconds(1));
        var early = await Jobs.ClaimAsync(Kind, "early", Long);
        // A machine that took longer than the back-off for these lines has nothing early to show.
        if (Memory.Writer.Clock.Now < found.RunAfter) Assert.Empty(early);
        Assert.Equal(2, (early.SingleOrDefault() ?? await ClaimWhenDueAsync(Kind, "w")).Attempt);
    }

    [Fact]
    public async Task after_the_last_attempt_a_job_is_a_dead_letter_and_a_replay_gives_it_all_attempts_again()
    {
        var id = (await Jobs.EnqueueAsync(Kind, Json("1"), new JobOptions { AttemptsMax = 2 })).Id;
        await Jobs.EnqueueAsync(Kind, Json("2"), new JobOptions { RunAfter = Memory.Writer.Clock.Now.AddDays(1) });
        for (var round = 0; round < 2; round++)
        {
            Assert.Empty(await Jobs.DeadLettersAsync(Kind).ToListAsync());
            await Jobs.FailAsync(await ClaimWhenDueAsync(Kind, "w"), "first");
            Assert.False(await Jobs.ReplayAsync(Kind, id));
            var last = await ClaimWhenDueAsync(Kind, "w");
            Assert.Equal(2 * round + 2, last.Attempt);
            await Jobs.FailAsync(last, "second");

            var dead = Assert.Single(await Jobs.DeadLettersAsync(Kind).ToListAsync());
            Assert.Equal((id, JobState.Dead, "second"), (dead.Id, dead.State, dead.Error));
            Assert.Empty(await Jobs.ClaimAsync(Kind, "w", Long));
            Assert.True(await Jobs.ReplayAsync(Kind, id));
            Assert.False(await Jobs.ReplayAsync(Kind, id));
            Assert.Equal(JobState.Waiting, (await FindAsync(dead)).State);
        }
        Assert.Equal(5, (await ClaimWhenDueAsync(Kind, "w")).Attempt);
    }

    [Fact]
    public async Task a_failure_that_no_retry_mends_is_a_dead_letter_at_once()
    {
        await Jobs.EnqueueAsync(Kind, Json("1"));
        var claimed = await ClaimWhenDueAsync(Kind, "w");
        Assert.Equal(JobReport.Recorded, await Jobs.FailAsync(claimed, "the file is gone", retry: false));
        Assert.Equal(JobState.Dead, (await FindAsync(claimed)).State);
    }

    [Fact]
    public async Task a_job_that_kills_its_workers_ends_on_the_dead_letter_list()
    {
        var id = (await Jobs.EnqueueAsync(Kind, Json("1"), new JobOptions { AttemptsMax = 2 })).Id;
        await ClaimWhenDueAsync(Kind, "killed", Short);
        await ClaimWhenDueAsync(Kind, "killed too", Short);

        await TestServers.Wait.UntilAsync(async () =>
        {
            if (HasManualTime) Time.Advance(Short);
            Assert.Empty(await Jobs.ClaimAsync(Kind, "careful", Long));
            return (await Jobs.FindAsync(Kind, id))!.State == JobState.Dead;
        }, "the job is given up");
        Assert.Contains("without a report", Assert.Single(await Jobs.DeadLettersAsync(Kind).ToListAsync()).Error!);

        Assert.True(await Jobs.ReplayAsync(Kind, id));
        await ClaimWhenDueAsync(Kind, "third", Short);
        Assert.Equal(JobReport.Recorded, await Jobs.CompleteAsync(await ClaimWhenDueAsync(Kind, "fourth")));
    }
}

public sealed class FailedJobsInTheLocalFile() : JobFailureContract(Place.LocalFile);

public sealed class FailedJobsInPostgres() : JobFailureContract(Place.Postgres);

public sealed class FailedJobsInNewerPostgres() : JobFailureContract(Place.NewerPostgres);

public sealed class FailedJobsBehindPgBouncer() : JobFailureContract(Place.PgBouncer);

public sealed class FailedJobsUnderRowSecurity() : JobFailureContract(Place.RowSecurity);
