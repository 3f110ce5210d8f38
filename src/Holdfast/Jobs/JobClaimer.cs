using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast;

/// <summary>Takes jobs, and buries those whose workers went silent too often.</summary>
internal sealed class JobClaimer(MemoryWriter writer, JobReporter outcomes, QueueFloors floors)
{
    /// <summary>From how many of the oldest a claimer chooses after others were faster.</summary>
    private const int SpreadOver = 64;

    public async Task<IReadOnlyList<ClaimedJob>> TakeAsync(JobKind kind, string worker, TimeSpan limit, int countMax, CancellationToken cancellationToken)
    {
        var spread = false;
        var floor = await floors.OfAsync(kind, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var token = writer.Clock.Next().Value;
            var window = spread ? countMax + SpreadOver : countMax;
            var picked = await ClaimQueries.ClaimAsync(
                writer.Store, writer.TenantId, kind, worker, token, limit, window, countMax, spread, floor, writer.Clock.Now, row => ClaimedJob.Read(kind, worker, row), cancellationToken).ConfigureAwait(false);
            var claimed = await WithoutSilentAsync(picked, cancellationToken).ConfigureAwait(false);
            // Nothing is due; or something is ours. Otherwise all that was picked went to somebody else: each turn of this
            // loop means that another claimer got on.
            if (picked.Count == 0 || claimed.Count > 0) return claimed;
            spread = true;
        }
    }

    /// <summary>
    /// An attempt beyond the last means that earlier ones ended without a report: a job that kills its workers. It is not
    /// handed out again.
    /// </summary>
    private async Task<List<ClaimedJob>> WithoutSilentAsync(List<ClaimedJob?> picked, CancellationToken cancellationToken)
    {
        var taken = new List<ClaimedJob>(picked.Count);
        foreach (var job in picked)
        {
            if (job is null) continue;
            if (job.Attempt - job.Forgiven > job.AttemptsMax) await outcomes.BuryAsync(job, cancellationToken).ConfigureAwait(false);
            else taken.Add(job);
        }
        return taken;
    }
}
