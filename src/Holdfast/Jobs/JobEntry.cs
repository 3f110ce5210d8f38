using System.Text.Json;
using Holdfast.Rows;
using Holdfast.Stores;

namespace Holdfast;

/// <summary>A job as it was enqueued.</summary>
public abstract record JobEntry
{
    /// <summary>Its identity: with <see cref="Kind"/> it finds the job again.</summary>
    public required Guid Id { get; init; }

    /// <summary>The queue that it is in.</summary>
    public required JobKind Kind { get; init; }

    /// <summary>Its place in the queue: the oldest is claimed first.</summary>
    public required Stamp Stamp { get; init; }

    /// <summary>The user that it is about, if any; forgetting the user empties it.</summary>
    public string? UserId { get; init; }

    /// <summary>The session that it belongs to, if any.</summary>
    public string? SessionId { get; init; }

    /// <summary>The key that the caller brought, if any.</summary>
    public string? Key { get; init; }

    /// <summary>When it was enqueued, in UTC and to the microsecond.</summary>
    public required DateTimeOffset EnqueuedAt { get; init; }

    /// <summary>What is to be done, as JSON.</summary>
    public required string PayloadJson { get; init; }

    /// <summary>The metadata as JSON, if any.</summary>
    public string? MetadataJson { get; init; }

    /// <summary>How often it is tried before it goes to the dead-letter list.</summary>
    public required long AttemptsMax { get; init; }

    /// <summary>The number of the attempt, 1 for the first; it goes on counting after a replay.</summary>
    public required long Attempt { get; init; }

    /// <summary>What is to be done.</summary>
    public JsonElement Payload => JsonElement.Parse(PayloadJson);

    /// <summary>The metadata, if any.</summary>
    public JsonElement? Metadata => MetadataJson is null ? null : JsonElement.Parse(MetadataJson);

    /// <summary>The payload of a job of <see cref="JobKind.ResearchStaging"/>.</summary>
    /// <exception cref="HoldfastException">The job is of another kind, or its payload has not this form.</exception>
    public ResearchItem ToResearchItem() => JobPayload.Read(this, JobKind.ResearchStaging, JobPayloadJson.Default.ResearchItem);

    /// <summary>The payload of a job of <see cref="JobKind.VideoScripts"/>.</summary>
    /// <exception cref="HoldfastException">The job is of another kind, or its payload has not this form.</exception>
    public VideoScript ToVideoScript() => JobPayload.Read(this, JobKind.VideoScripts, JobPayloadJson.Default.VideoScript);

    /// <summary>The payload of a job of <see cref="JobKind.UploadJobs"/>.</summary>
    /// <exception cref="HoldfastException">The job is of another kind, or its payload has not this form.</exception>
    public UploadJob ToUploadJob() => JobPayload.Read(this, JobKind.UploadJobs, JobPayloadJson.Default.UploadJob);
}

/// <summary>A job that a worker holds until <see cref="ClaimedUntil"/>; it is to be completed, failed or kept with a heartbeat before that.</summary>
public sealed record ClaimedJob : JobEntry
{
    /// <summary>Who claimed it.</summary>
    public required string Worker { get; init; }

    /// <summary>Tells this claim from every other claim of the job.</summary>
    public required Guid Token { get; init; }

    /// <summary>When the claim ends on the store's clock; a heartbeat moves the store's end, not this copy.</summary>
    public required DateTimeOffset ClaimedUntil { get; init; }

    /// <summary>Attempts made before the last replay: they do not count against <see cref="JobEntry.AttemptsMax"/>.</summary>
    internal long Forgiven { get; init; }

    internal static ClaimedJob? Read(JobKind kind, string worker, StoreReader row) => row.IsNull(2) ? null : new()
    {
        Kind = kind,
        Worker = worker,
        Id = row.Uuid(0),
        Attempt = row.Integer(1),
        Token = row.Uuid(2),
        ClaimedUntil = row.Time(3),
        Forgiven = row.Integer(4),
        Stamp = row.Stamp(5),
        UserId = row.TextOrNull(6),
        SessionId = row.TextOrNull(7),
        Key = row.TextOrNull(8),
        EnqueuedAt = row.Time(9),
        PayloadJson = row.Text(10),
        MetadataJson = row.TextOrNull(11),
        AttemptsMax = row.Integer(12),
    };
}

/// <summary>A job and where it stands.</summary>
public sealed record JobInfo : JobEntry
{
    /// <summary>Where it stands.</summary>
    public required JobState State { get; init; }

    /// <summary>Not to be claimed before this time, if any was set: by the caller, or by the back-off of the last failure.</summary>
    public DateTimeOffset? RunAfter { get; init; }

    /// <summary>Who holds it now, if anybody does.</summary>
    public string? Worker { get; init; }

    /// <summary>When the claim of who holds it now ends, if anybody does.</summary>
    public DateTimeOffset? ClaimedUntil { get; init; }

    /// <summary>When the outcome that decides was recorded, if there is one.</summary>
    public DateTimeOffset? OutcomeAt { get; init; }

    /// <summary>The result of a completed job, if its worker gave one.</summary>
    public JsonElement? Result => Member("result");

    /// <summary>Why the last attempt failed, if it did.</summary>
    public string? Error => Member("error")?.GetString();

    internal string? OutcomeJson { get; init; }

    private JsonElement? Member(string name) =>
        OutcomeJson is { } json && JsonElement.Parse(json).TryGetProperty(name, out var value) ? value : null;

    internal static JobInfo Read(JobKind kind, StoreReader row) => new()
    {
        Kind = kind,
        Id = row.Uuid(0),
        Stamp = row.Stamp(1),
        UserId = row.TextOrNull(2),
        SessionId = row.TextOrNull(3),
        Key = row.TextOrNull(4),
        EnqueuedAt = row.Time(5),
        PayloadJson = row.Text(6),
        MetadataJson = row.TextOrNull(7),
        AttemptsMax = row.Integer(8),
        State = EnumText<JobState>.TryParse(row.Text(9), out var state) ? state : throw new SchemaException($"'{row.Text(9)}' is a job state that this program does not know. Update it."),
        RunAfter = row.TimeOrNull(10),
        Attempt = row.Integer(11),
        OutcomeJson = row.TextOrNull(12),
        OutcomeAt = row.TimeOrNull(13),
        Worker = row.TextOrNull(14),
        ClaimedUntil = row.TimeOrNull(15),
    };
}

/// <summary>Where a job stands.</summary>
public enum JobState
{
    /// <summary>To be claimed.</summary>
    Waiting,
    /// <summary>A worker holds it.</summary>
    Claimed,
    /// <summary>To be claimed later: its time has not come, or it failed and its back-off runs.</summary>
    Delayed,
    /// <summary>Done. This is final.</summary>
    Completed,
    /// <summary>On the dead-letter list.</summary>
    Dead,
}
