using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Work;

/// <summary>Claims pass over what is closed, but nothing that is opened again stays behind.</summary>
public sealed class QueueFloorsTests() : WorkTest(Place.LocalFile)
{
    private const JobKind Kind = JobKind.VideoScripts;

    [Fact]
    public async Task a_job_that_another_process_replayed_is_claimed_within_a_minute()
    {
        var id = await BuriedBelowTheFloorAsync();
        await using var another = await OpenAnotherAsync();
        Assert.True(await another.Jobs.ReplayAsync(Kind, id));

        Assert.Empty(await Jobs.ClaimAsync(Kind, "w", Long));
        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(id, Assert.Single(await Jobs.ClaimAsync(Kind, "w", Long)).Id);
    }

    [Fact]
    public async Task a_job_that_this_process_replayed_is_claimed_at_once()
    {
        var id = await BuriedBelowTheFloorAsync();
        Assert.True(await Jobs.ReplayAsync(Kind, id));
        Assert.Equal(id, Assert.Single(await Jobs.ClaimAsync(Kind, "w", Long)).Id);
    }

    [Fact]
    public async Task a_job_that_waits_long_is_not_passed_over()
    {
        var id = (await Jobs.EnqueueAsync(Kind, Json("1"), new JobOptions { RunAfter = Time.Now.AddHours(2) })).Id;
        for (var minute = 0; minute < 119; minute++)
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            Assert.Empty(await Jobs.ClaimAsync(Kind, "w", Long));
        }
        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(id, Assert.Single(await Jobs.ClaimAsync(Kind, "w", Long)).Id);
    }

    private async Task<Guid> BuriedBelowTheFloorAsync()
    {
        await Jobs.EnqueueAsync(Kind, Json("1"));
        var claimed = await ClaimWhenDueAsync(Kind, "w");
        await Jobs.FailAsync(claimed, "no", retry: false);
        Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Empty(await Jobs.ClaimAsync(Kind, "w", Long));
        return claimed.Id;
    }
}
