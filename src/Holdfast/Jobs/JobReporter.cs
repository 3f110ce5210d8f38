using System.Globalization;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast;

/// <summary>
/// Records what became of attempts: one row per job, attempt and outcome, so that a report that is sent again adds nothing.
/// The outcome is committed first, then the claim is given back; in between the job looks claimed, which does no harm.
/// </summary>
internal sealed class JobReporter(MemoryWriter writer, QueueFloors floors)
{
    public async Task<JobReport> CompleteAsync(ClaimedJob claimed, string? resultJson, CancellationToken cancellationToken)
    {
        var standing = await StandingAsync(claimed, cancellationToken).ConfigureAwait(false);
        var report = standing switch
        {
            { Outcome: JobOutcome.Completed } => standing.Attempt == claimed.Attempt ? JobReport.AlreadyRecorded : JobReport.AlreadyCompleted,
            _ => standing.Token == claimed.Token ? JobReport.Recorded : JobReport.RecordedAfterLoss,
        };
        if (report is JobReport.Recorded or JobReport.RecordedAfterLoss)
            await AppendAsync(claimed, standing, JobOutcome.Completed, claimed.Attempt, null, Content(claimed, ("result", resultJson)), cancellationToken).ConfigureAwait(false);
        await ReleaseAsync(claimed, cancellationToken).ConfigureAwait(false);
        return report;
    }

    public async Task<JobReport> FailAsync(ClaimedJob claimed, string errorJson, bool retry, CancellationToken cancellationToken)
    {
        var standing = await StandingAsync(claimed, cancellationToken).ConfigureAwait(false);
        var report = standing switch
        {
            { Outcome: not null } when standing.Attempt == claimed.Attempt => JobReport.AlreadyRecorded,
            { Outcome: JobOutcome.Completed } => JobReport.AlreadyCompleted,
            _ => standing.Token == claimed.Token ? JobReport.Recorded : JobReport.ClaimLost,
        };
        if (report == JobReport.Recorded)
        {
            var failures = claimed.Attempt - standing.Forgiven;
            var again = retry && failures < claimed.AttemptsMax;
            DateTimeOffset? runAfter = again ? Timestamps.ToMicroseconds(writer.Clock.Now + BackOff.After(failures, Random.Shared.NextDouble())) : null;
            await AppendAsync(claimed, standing, again ? JobOutcome.Failed : JobOutcome.Dead, claimed.Attempt, runAfter, Content(claimed, ("error", errorJson)), cancellationToken).ConfigureAwait(false);
        }
        await ReleaseAsync(claimed, cancellationToken).ConfigureAwait(false);
        return report;
    }

    /// <summary>Gives up a job whose workers went silent in all its attempts.</summary>
    public async Task BuryAsync(ClaimedJob claimed, CancellationToken cancellationToken)
    {
        var standing = await StandingAsync(claimed, cancellationToken).ConfigureAwait(false);
        var error = string.Create(CultureInfo.InvariantCulture,
            $"Given up after {claimed.AttemptsMax} attempts: the last one ended without a report. Its worker may have died of it; look for its last words before you replay it.");
        await AppendAsync(claimed, standing, JobOutcome.Dead, claimed.Attempt, null, Content(claimed, ("error", JsonText.Quote(error))), cancellationToken).ConfigureAwait(false);
        await ReleaseAsync(claimed, cancellationToken).ConfigureAwait(false);
    }

    public async Task<bool> ReplayAsync(JobKind kind, Guid id, CancellationToken cancellationToken)
    {
        var job = await JobQueries.FindAsync(writer.Store, writer.TenantId, kind, id, writer.Clock.Now, row => JobInfo.Read(kind, row), cancellationToken).ConfigureAwait(false);
        if (job is not { State: JobState.Dead }) return false;
        if (await JobQueries.StandingAsync(writer.Store, writer.TenantId, kind, id, cancellationToken).ConfigureAwait(false) is not { Outcome: JobOutcome.Dead } standing) return false;
        await AppendAsync(job, standing, JobOutcome.Replayed, job.Attempt, null, null, cancellationToken).ConfigureAwait(false);
        floors.Forget(kind);
        return true;
    }

    private async Task<JobStanding> StandingAsync(ClaimedJob claimed, CancellationToken cancellationToken) =>
        await JobQueries.StandingAsync(writer.Store, writer.TenantId, claimed.Kind, claimed.Id, cancellationToken).ConfigureAwait(false)
        // Claimed elsewhere, and not on this store yet: its claim cannot be here either.
        ?? new JobStanding(claimed.Stamp, null, 0, null, claimed.Forgiven, Erased: false);

    private Task<AppendReceipt> AppendAsync(
        JobEntry job, JobStanding standing, JobOutcome outcome, long attempt, DateTimeOffset? runAfter, string? content, CancellationToken cancellationToken) =>
        writer.AppendAsync(new RowDraft(Tables.JobOutcomes, [EnumText<JobKind>.Of(job.Kind), job.Id, EnumText<JobOutcome>.Of(outcome), attempt, runAfter, standing.Erased ? null : content])
        {
            // The job's own scopes, so that what is forgotten of the job is forgotten here too.
            UserId = job.UserId,
            SessionId = job.SessionId,
            Key = string.Create(CultureInfo.InvariantCulture, $"{job.Id:D}/{attempt}/{EnumText<JobOutcome>.Of(outcome)}"),
            Above = standing.Last,
        }, cancellationToken);

    private Task<bool> ReleaseAsync(ClaimedJob claimed, CancellationToken cancellationToken) =>
        ClaimQueries.ReleaseAsync(writer.Store, writer.TenantId, claimed.Id, claimed.Token, writer.Clock.Now, cancellationToken);

    private static string Content(ClaimedJob claimed, (string Name, string? Json) what) => JsonContent.Object(("worker", JsonText.Quote(claimed.Worker)), what);
}
