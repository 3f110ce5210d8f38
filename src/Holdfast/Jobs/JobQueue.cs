using System.Text.Json;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast;

/// <summary>
/// Durable work: jobs that survive every process, done at least once. A worker claims a job for a limited time, keeps it with
/// heartbeats, and reports that it is completed or failed; a job whose worker went silent is given to the next one.
/// </summary>
/// <remarks>
/// Jobs and what became of them are merge-safe rows and go to every store; claims are one store's own, on its clock. Two
/// workers on two stores that are apart may thus both hold a job: work has to bear being done twice. A completion is final,
/// whatever else arrives; otherwise the latest outcome says where a job stands. A job that another process replayed, or that
/// came late from another store, is offered here within a minute.
/// </remarks>
public sealed class JobQueue
{
    /// <summary>The longest that a claim or a heartbeat may ask for: a day.</summary>
    public static readonly TimeSpan LimitMax = TimeSpan.FromDays(1);

    /// <summary>At most this many jobs per claim.</summary>
    public const int ClaimCountMax = 1_000;

    private readonly MemoryWriter _writer;
    private readonly JobReporter _outcomes;
    private readonly JobClaimer _claims;

    internal JobQueue(MemoryWriter writer)
    {
        _writer = writer;
        var floors = new QueueFloors(writer);
        _outcomes = new JobReporter(writer, floors);
        _claims = new JobClaimer(writer, _outcomes, floors);
    }

    /// <summary>Puts a job in a queue.</summary>
    /// <param name="kind">The queue.</param>
    /// <param name="payload">What is to be done: any JSON of at most 16 MiB and 64 levels.</param>
    /// <param name="options">Key, time, attempts, owner and metadata.</param>
    /// <param name="cancellationToken">Releases the caller; the job may have been written.</param>
    /// <exception cref="InvalidInputException">Something of it cannot be kept unchanged; nothing was written.</exception>
    public async Task<AppendReceipt> EnqueueAsync(JobKind kind, JsonElement payload, JobOptions? options = null, CancellationToken cancellationToken = default) =>
        await _writer.AppendAsync((options ?? JobOptions.None).Draft(kind, payload), cancellationToken).ConfigureAwait(false);

    /// <summary>Puts a source that is to be read in <see cref="JobKind.ResearchStaging"/>.</summary>
    public Task<AppendReceipt> EnqueueAsync(ResearchItem item, JobOptions? options = null, CancellationToken cancellationToken = default) =>
        EnqueueAsync(JobKind.ResearchStaging, JobPayload.Of(item, JobPayloadJson.Default.ResearchItem), options, cancellationToken);

    /// <summary>Puts a script that is to be produced in <see cref="JobKind.VideoScripts"/>.</summary>
    public Task<AppendReceipt> EnqueueAsync(VideoScript script, JobOptions? options = null, CancellationToken cancellationToken = default) =>
        EnqueueAsync(JobKind.VideoScripts, JobPayload.Of(script, JobPayloadJson.Default.VideoScript), options, cancellationToken);

    /// <summary>Puts a video that is to be uploaded in <see cref="JobKind.UploadJobs"/>.</summary>
    public Task<AppendReceipt> EnqueueAsync(UploadJob upload, JobOptions? options = null, CancellationToken cancellationToken = default) =>
        EnqueueAsync(JobKind.UploadJobs, JobPayload.Of(upload, JobPayloadJson.Default.UploadJob), options, cancellationToken);

    /// <summary>
    /// Takes the oldest jobs that are due, for a limited time. A job is never held twice on one store within its limit; after
    /// that anybody may take it, as its next attempt.
    /// </summary>
    /// <param name="kind">The queue.</param>
    /// <param name="worker">Who works, for the books (at most 8 KiB).</param>
    /// <param name="limit">How long the claim holds: up to a day. Choose what the work takes at most, or send heartbeats.</param>
    /// <param name="countMax">At most this many jobs: 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives up; what was claimed by then is free again after the limit.</param>
    /// <returns>Empty when nothing is due.</returns>
    public Task<IReadOnlyList<ClaimedJob>> ClaimAsync(JobKind kind, string worker, TimeSpan limit, int countMax = 1, CancellationToken cancellationToken = default)
    {
        Check.Id("worker", worker);
        ArgumentOutOfRangeException.ThrowIfLessThan(countMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(countMax, ClaimCountMax);
        return _claims.TakeAsync(kind, worker, CheckLimit(limit), countMax, cancellationToken);
    }

    /// <summary>
    /// Keeps a claim for another <paramref name="limit"/> from now on. A claim that ran out but that nobody has taken yet is kept too.
    /// </summary>
    /// <returns>False when the claim was lost: stop the work, somebody else has the job or it is reported already.</returns>
    public Task<bool> HeartbeatAsync(ClaimedJob claimed, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(claimed);
        return ClaimQueries.ExtendAsync(_writer.Store, _writer.TenantId, claimed.Id, claimed.Token, CheckLimit(limit), _writer.Clock.Now, cancellationToken);
    }

    /// <summary>
    /// Reports that the work is done. Where the claim was lost meanwhile and nobody else has completed the job, the result is
    /// recorded all the same: the work <em>is</em> done, and doing it again would be the only other way.
    /// </summary>
    /// <param name="claimed">What was claimed.</param>
    /// <param name="result">What came of it, if anything: JSON of at most 16 MiB and 64 levels.</param>
    /// <param name="cancellationToken">Releases the caller; calling again with the same claim is safe.</param>
    public Task<JobReport> CompleteAsync(ClaimedJob claimed, JsonElement? result = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(claimed);
        return _outcomes.CompleteAsync(claimed, JsonContent.Of("result", result), cancellationToken);
    }

    /// <summary>
    /// Reports that the work failed. It is tried again after a wait of one second, doubling with each failure up to ten
    /// minutes (a random part of up to a half is taken off); after <see cref="JobOptions.AttemptsMax"/> attempts it goes to the dead-letter list.
    /// </summary>
    /// <param name="claimed">What was claimed.</param>
    /// <param name="error">What went wrong, for people. Leave secrets out.</param>
    /// <param name="retry">False: trying again is of no use; to the dead-letter list at once.</param>
    /// <param name="cancellationToken">Releases the caller; calling again with the same claim is safe.</param>
    public Task<JobReport> FailAsync(ClaimedJob claimed, string error, bool retry = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(claimed);
        ArgumentNullException.ThrowIfNull(error);
        return _outcomes.FailAsync(claimed, JsonContent.OfText("error", error)!, retry, cancellationToken);
    }

    /// <summary>The jobs that were given up, in the order of the queue.</summary>
    public IAsyncEnumerable<JobInfo> DeadLettersAsync(JobKind kind, Stamp after = default, int countMax = int.MaxValue, CancellationToken cancellationToken = default) =>
        ListAsync(kind, JobState.Dead, after, countMax, cancellationToken);

    /// <summary>Takes a job from the dead-letter list back into the queue, with all its attempts before it.</summary>
    /// <returns>False when the job is not on the dead-letter list: nothing was written.</returns>
    public Task<bool> ReplayAsync(JobKind kind, Guid id, CancellationToken cancellationToken = default) => _outcomes.ReplayAsync(kind, id, cancellationToken);

    /// <summary>Jobs with their states, in the order of the queue; erased ones are left out.</summary>
    /// <param name="kind">The queue.</param>
    /// <param name="state">Only those in this state; null: all.</param>
    /// <param name="after">Only those behind this stamp: the next page.</param>
    /// <param name="countMax">At most this many.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public IAsyncEnumerable<JobInfo> ListAsync(JobKind kind, JobState? state = null, Stamp after = default, int countMax = int.MaxValue, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(countMax);
        return JobQueries.ListAsync(_writer.Store, _writer.TenantId, kind, state is { } only ? EnumText<JobState>.Of(only) : null, after, countMax, _writer.Clock.Now, row => JobInfo.Read(kind, row), cancellationToken);
    }

    /// <summary>One job with its state; null when there is none of that id in the queue, or when it was erased.</summary>
    public async Task<JobInfo?> FindAsync(JobKind kind, Guid id, CancellationToken cancellationToken = default) =>
        await JobQueries.FindAsync(_writer.Store, _writer.TenantId, kind, id, _writer.Clock.Now, row => JobInfo.Read(kind, row), cancellationToken).ConfigureAwait(false);

    private static TimeSpan CheckLimit(TimeSpan limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.FromMicroseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, LimitMax);
        return limit;
    }
}
