using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Work;

/// <summary>What a job carries comes back as it went in, or is refused before it is written, on every store.</summary>
public abstract class JobPayloadContract(Place place) : WorkTest(place)
{
    private const JobKind Kind = JobKind.UploadJobs;

    [Fact]
    public async Task a_job_comes_back_as_it_was_enqueued()
    {
        var due = Memory.Writer.Clock.Now.AddMinutes(-1);
        var receipt = await Jobs.EnqueueAsync(Kind, Json("""{"a":[1,2.50,null],"ü":"\"x\""}"""),
            new JobOptions { Key = "k", UserId = "maria", SessionId = "s", RunAfter = due, AttemptsMax = 3, Metadata = Json("""{"m":true}""") });

        var claimed = Assert.Single(await Jobs.ClaimAsync(Kind, "w1", Long));
        Assert.Equal(receipt.Id, claimed.Id);
        Assert.Equal("""{"a":[1,2.50,null],"ü":"\"x\""}""", claimed.PayloadJson);
        Assert.Equal(("k", "maria", "s", 3, 1, "w1"), (claimed.Key, claimed.UserId, claimed.SessionId, claimed.AttemptsMax, claimed.Attempt, claimed.Worker));
        Assert.Equal("""{"m":true}""", claimed.MetadataJson);

        var found = await FindAsync(claimed);
        Assert.Equal((JobState.Claimed, "w1", claimed.ClaimedUntil), (found.State, found.Worker, found.ClaimedUntil));
        Assert.Equal((claimed.PayloadJson, claimed.Stamp, due), (found.PayloadJson, found.Stamp, found.RunAfter));
    }

    [Fact]
    public async Task the_three_kinds_of_work_are_typed()
    {
        var item = new ResearchItem("https://example.org/?q='a' --", "web", RawContent: "line\n\"quoted\" \u2028 👩‍🚀 مرحبا");
        var script = new VideoScript("Title", "Main") { ScriptId = "s1", Hook = "", AtomIds = ["a", "b"], Keywords = [], TargetDifficulty = Difficulty.Advanced, EstimatedDurationSeconds = 90 };
        var upload = new UploadJob("/videos/1.mp4", "Title") { Tags = ["x"], Description = null };
        await Jobs.EnqueueAsync(item);
        await Jobs.EnqueueAsync(script);
        await Jobs.EnqueueAsync(upload);

        Assert.Equal(item, (await ClaimWhenDueAsync(JobKind.ResearchStaging, "w")).ToResearchItem());
        Assert.Equivalent(script, (await ClaimWhenDueAsync(JobKind.VideoScripts, "w")).ToVideoScript(), strict: true);
        var claimed = await ClaimWhenDueAsync(JobKind.UploadJobs, "w");
        Assert.Equal("""{"video_path":"/videos/1.mp4","title":"Title","tags":["x"]}""", claimed.PayloadJson);
        Assert.Equivalent(upload, claimed.ToUploadJob(), strict: true);
        Assert.Throws<HoldfastException>(() => claimed.ToVideoScript());
    }

    [Fact]
    public async Task what_no_store_can_keep_is_refused_before_anything_is_written()
    {
        var refused = new Func<Task>[]
        {
            () => Jobs.EnqueueAsync(Kind, Json("\"\\u0000\"")),
            () => Jobs.EnqueueAsync(Kind, Json("\"\\ud800\"")),
            () => Jobs.EnqueueAsync(Kind, default),
            () => Jobs.EnqueueAsync(new ResearchItem("\ud800", "web")),
            () => Jobs.EnqueueAsync(new VideoScript("a\0b", "c")),
            () => Jobs.EnqueueAsync(Kind, Json("1"), new JobOptions { Key = "" }),
            () => Jobs.EnqueueAsync(Kind, Json("1"), new JobOptions { Key = new string('k', 10_000) }),
            () => Jobs.EnqueueAsync(Kind, Json("1"), new JobOptions { AttemptsMax = 0 }),
            () => Jobs.EnqueueAsync(Kind, Json("1"), new JobOptions { RunAfter = DateTimeOffset.MaxValue }),
            () => Jobs.EnqueueAsync((JobKind)99, Json("1")),
            () => Jobs.ClaimAsync(Kind, "", Long),
            () => Jobs.ClaimAsync(Kind, "\0", Long),
        };
        foreach (var refusal in refused) await Assert.ThrowsAsync<InvalidInputException>(refusal);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Jobs.ClaimAsync(Kind, "w", TimeSpan.Zero));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Jobs.ClaimAsync(Kind, "w", Long, 0));
        foreach (var kind in Enum.GetValues<JobKind>()) Assert.Empty(await Jobs.ListAsync(kind).ToListAsync());
    }

    [Fact]
    public async Task hostile_text_comes_back_as_it_went_in()
    {
        const string Hostile = "'); drop table job_claims; -- %_\\ \u202e مرحبا 👩‍🚀 $1 {sessions} \u0001\r\n";
        await Jobs.EnqueueAsync(new ResearchItem(Hostile, Hostile), new JobOptions { Key = Hostile, UserId = Hostile, SessionId = Hostile });
        var claimed = await ClaimWhenDueAsync(JobKind.ResearchStaging, Hostile);
        Assert.Equal(Hostile, claimed.ToResearchItem().SourceUrl);
        Assert.Equal((Hostile, Hostile, Hostile), (claimed.Key, claimed.UserId, claimed.SessionId));
        Assert.Equal(Hostile, (await FindAsync(claimed)).Worker);
        await Jobs.FailAsync(claimed, Hostile, retry: false);
        Assert.Equal(Hostile, (await FindAsync(claimed)).Error);
    }
}

public sealed class JobPayloadsInTheLocalFile() : JobPayloadContract(Place.LocalFile);

public sealed class JobPayloadsInPostgres() : JobPayloadContract(Place.Postgres);

public sealed class JobPayloadsInNewerPostgres() : JobPayloadContract(Place.NewerPostgres);

public sealed class JobPayloadsBehindPgBouncer() : JobPayloadContract(Place.PgBouncer);

public sealed class JobPayloadsUnderRowSecurity() : JobPayloadContract(Place.RowSecurity);
