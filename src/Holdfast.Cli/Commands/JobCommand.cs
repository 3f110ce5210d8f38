using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Holdfast.Cli.Output;
using Holdfast.Rows;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast job</c>: the durable work queues, for scripts and for looking.</summary>
internal static class JobCommand
{
    private static readonly Argument<string> Kind = new("kind") { Description = "research_staging, video_scripts or upload_jobs." };
    private static readonly Argument<string> Payload = new("payload") { Description = "What is to be done, as JSON; '-' reads standard input." };
    private static readonly Argument<string> Id = new("id") { Description = "The job's id." };
    private static readonly Argument<string> Error = new("error") { Description = "What went wrong." };
    private static readonly Option<string> Key = new("--key") { Description = "Your key for it: the same key twice is one job.", HelpName = "KEY" };
    private static readonly Option<int> Attempts = new("--attempts") { Description = "Attempts before it goes to the dead letters.", HelpName = "N", DefaultValueFactory = _ => 5 };
    private static readonly Option<string> State = new("--state") { Description = "Only in this state: waiting, delayed, claimed, completed or dead.", HelpName = "STATE" };
    private static readonly Option<int> Limit = new("--limit") { Description = "At most this many.", HelpName = "N", DefaultValueFactory = _ => 100 };
    private static readonly Option<string> Worker = new("--worker") { Description = "Who works on it.", HelpName = "NAME", DefaultValueFactory = _ => $"{Environment.MachineName}/{Environment.ProcessId}" };
    private static readonly Option<int> Seconds = new("--for") { Description = "How many seconds the claim holds.", HelpName = "SECONDS", DefaultValueFactory = _ => 300 };
    private static readonly Option<string> Claim = new("--claim") { Description = "The claim as 'job claim --json' printed it (its 'claim' member).", HelpName = "TOKEN", Required = true };
    private static readonly Option<string> Result = new("--result") { Description = "What came of it, as JSON.", HelpName = "JSON" };
    private static readonly Option<bool> ForGood = new("--no-retry") { Description = "Do not try again: straight to the dead letters." };

    public static Command Create() => CommandFactory.Group("job", "Durable work: enqueue, list, show, claim, complete, fail, dead, replay.",
        CommandFactory.Create("job enqueue", "Puts work into a queue.", """holdfast job enqueue upload_jobs '{"video_path":"a.mp4","title":"A"}' --key a.mp4""", [Kind, Payload, Key, Attempts], EnqueueAsync),
        CommandFactory.Create("job list", "Lists jobs with their state.", "holdfast job list upload_jobs --state waiting", [Kind, State, Limit], ListAsync),
        CommandFactory.Create("job show", "Shows a job.", "holdfast job show upload_jobs ID", [Kind, Id], ShowAsync),
        CommandFactory.Create("job claim", "Takes the next job for a time; exit code 6 when there is none.", "holdfast job claim upload_jobs --for 600 --json", [Kind, Worker, Seconds], ClaimAsync),
        CommandFactory.Create("job complete", "Says that a claimed job is done.", "holdfast job complete upload_jobs ID --claim TOKEN", [Kind, Id, Claim, Result], (invocation, token) => EndAsync(invocation, (queue, job, ct) => queue.CompleteAsync(job, Json(invocation.Get(Result), "result"), ct), token)),
        CommandFactory.Create("job fail", "Says that an attempt failed; it is tried again later, with growing pauses.", """holdfast job fail upload_jobs ID "no space left" --claim TOKEN""", [Kind, Id, Error, Claim, ForGood], (invocation, token) => EndAsync(invocation, (queue, job, ct) => queue.FailAsync(job, invocation.Get(Error), !invocation.Get(ForGood), ct), token)),
        CommandFactory.Create("job dead", "Lists the dead letters: what failed too often.", "holdfast job dead upload_jobs", [Kind, Limit], DeadAsync),
        CommandFactory.Create("job replay", "Puts a dead letter back into its queue.", "holdfast job replay upload_jobs ID", [Kind, Id], ReplayAsync));

    private static async Task<ExitCode> EnqueueAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var kind = KindOf(invocation);
        var payload = Json(invocation.Get(Payload) == "-" ? await StandardInput.ReadTextAsync(cancellationToken) : invocation.Get(Payload), "payload")!.Value;
        invocation.AnnounceTarget();
        if (invocation.DryRun) return WouldBe(invocation, EnumText<JobKind>.Of(kind), "enqueued");
        await using var memory = await invocation.OpenAsync(cancellationToken);
        var receipt = await memory.Jobs.EnqueueAsync(kind, payload, new JobOptions { Key = invocation.Get(Key), AttemptsMax = invocation.Get(Attempts) }, cancellationToken);
        if (receipt.Outcome == AppendOutcome.KeyConflict)
            throw new CliException(ExitCode.Conflict, $"The key '{invocation.Get(Key)}' stands for a job with another payload already ({receipt.Id}); that one stays.", "Use another key for another job.");
        return invocation.Print(new Remembered(receipt.Id, receipt.Stamp.ToString(), Naming.Snake(receipt.Outcome.ToString()), null, []), CliJson.Default.Remembered,
            writer => writer.WriteLine(receipt.Outcome == AppendOutcome.AlreadyStored ? $"{receipt.Id}  was there already" : $"{receipt.Id}  enqueued"));
    }

    private static async Task<ExitCode> ListAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        JobState? state = invocation.Get(State) is not { } text ? null : EnumText<JobState>.TryParse(text, out var value) ? value
            : throw new CliException(ExitCode.Usage, $"--state: '{text}' is none of: {string.Join(", ", EnumText<JobState>.All)}.");
        await using var memory = await invocation.OpenAsync(cancellationToken);
        return PrintJobs(invocation, await memory.Jobs.ListAsync(KindOf(invocation), state, countMax: invocation.Get(Limit), cancellationToken: cancellationToken).ToListAsync(cancellationToken));
    }

    private static async Task<ExitCode> DeadAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        await using var memory = await invocation.OpenAsync(cancellationToken);
        return PrintJobs(invocation, await memory.Jobs.DeadLettersAsync(KindOf(invocation), countMax: invocation.Get(Limit), cancellationToken: cancellationToken).ToListAsync(cancellationToken));
    }

    private static async Task<ExitCode> ShowAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        await using var memory = await invocation.OpenAsync(cancellationToken);
        return PrintJobs(invocation, [await FindAsync(invocation, memory, cancellationToken)]);
    }

    private static async Task<ExitCode> ClaimAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var kind = KindOf(invocation);
        invocation.AnnounceTarget();
        if (invocation.DryRun) return WouldBe(invocation, EnumText<JobKind>.Of(kind), "claimed");
        await using var memory = await invocation.OpenAsync(cancellationToken);
        var claimed = await memory.Jobs.ClaimAsync(kind, invocation.Get(Worker)!, TimeSpan.FromSeconds(invocation.Get(Seconds)), 1, cancellationToken);
        if (claimed is not [var job]) throw new CliException(ExitCode.NotFound, "There is no job to be done now.", $"holdfast job list {invocation.Get(Kind)}");
        var item = new ClaimItem(job.Id, $"{job.Token}.{job.Attempt}", job.Attempt, job.Worker, Time(job.ClaimedUntil)!, job.Payload);
        return invocation.Print(item, CliJson.Default.ClaimItem, writer => writer.WriteLine($"{item.Id}  claim {item.Claim}  attempt {item.Attempt}  until {item.ClaimedUntil}\n{job.PayloadJson}"));
    }

    private static async Task<ExitCode> EndAsync(Invocation invocation, Func<JobQueue, ClaimedJob, CancellationToken, Task<JobReport>> end, CancellationToken cancellationToken)
    {
        var (token, attempt) = ClaimOf(invocation.Get(Claim)!);
        invocation.AnnounceTarget();
        await using var memory = await invocation.OpenAsync(cancellationToken);
        var job = await FindAsync(invocation, memory, cancellationToken);
        if (invocation.DryRun) return WouldBe(invocation, job.Id.ToString(), "reported");
        var report = await end(memory.Jobs, new ClaimedJob
        {
            Id = job.Id, Kind = job.Kind, Stamp = job.Stamp, UserId = job.UserId, SessionId = job.SessionId, Key = job.Key, EnqueuedAt = job.EnqueuedAt, PayloadJson = job.PayloadJson,
            MetadataJson = job.MetadataJson, AttemptsMax = job.AttemptsMax, Attempt = attempt, Worker = job.Worker ?? "", Token = token, ClaimedUntil = job.ClaimedUntil ?? default,
        }, cancellationToken);
        var name = Naming.Snake(report.ToString());
        return report is JobReport.Recorded or JobReport.RecordedAfterLoss or JobReport.AlreadyRecorded
            ? invocation.Print(new ChangeReport(job.Id.ToString(), name), CliJson.Default.ChangeReport, writer => writer.WriteLine($"{job.Id}  {name}"))
            : throw new CliException(ExitCode.Conflict, $"Job {job.Id}: {name}. The claim is no longer yours, or the job was closed meanwhile.", $"holdfast job show {invocation.Get(Kind)} {job.Id}");
    }

    private static async Task<ExitCode> ReplayAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        invocation.AnnounceTarget();
        await using var memory = await invocation.OpenAsync(cancellationToken);
        var job = await FindAsync(invocation, memory, cancellationToken);
        if (invocation.DryRun && job.State == JobState.Dead) return WouldBe(invocation, job.Id.ToString(), "replayed");
        return await memory.Jobs.ReplayAsync(job.Kind, job.Id, cancellationToken)
            ? invocation.Print(new ChangeReport(job.Id.ToString(), "replayed"), CliJson.Default.ChangeReport, writer => writer.WriteLine($"{job.Id}  is back in its queue"))
            : throw new CliException(ExitCode.Conflict, $"Job {job.Id} is {EnumText<JobState>.Of(job.State)}, not dead; only dead letters are replayed.");
    }

    /// <summary>A claim as it is printed: its token, and the attempt that it was, so that a late report is not taken for the next attempt's.</summary>
    private static (Guid Token, long Attempt) ClaimOf(string text) =>
        text.Split('.') is [var token, var attempt] && Guid.TryParse(token, out var id) && long.TryParse(attempt, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? (id, number)
            : throw new CliException(ExitCode.Usage, $"--claim: '{text}' is no claim; 'holdfast job claim --json' prints it.");

    private static ExitCode WouldBe(Invocation invocation, string subject, string change) =>
        invocation.Print(new ChangeReport(subject, $"would_be_{change}"), CliJson.Default.ChangeReport, writer => writer.WriteLine($"{subject}  would be {change}"));

    private static ExitCode PrintJobs(Invocation invocation, IReadOnlyList<JobInfo> jobs) =>
        invocation.Print([.. jobs.Select(JobItem.Of)], CliJson.Default.ListJobItem, writer =>
        {
            if (jobs.Count == 0) Invocation.Note("no jobs");
            else TextColumns.Write(writer, ["ID", "STATE", "ATTEMPT", "ENQUEUED", "PAYLOAD"], jobs.Select(job => new[]
            {
                job.Id.ToString(), EnumText<JobState>.Of(job.State), $"{job.Attempt}/{job.AttemptsMax}", job.EnqueuedAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), job.Error is { } error ? $"{job.PayloadJson}  error: {error}" : job.PayloadJson,
            }));
        });

    private static async Task<JobInfo> FindAsync(Invocation invocation, AgentMemory memory, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(invocation.Get(Id), out var id)) throw new CliException(ExitCode.Usage, $"'{invocation.Get(Id)}' is no job's id.", $"holdfast job list {invocation.Get(Kind)}");
        return await memory.Jobs.FindAsync(KindOf(invocation), id, cancellationToken)
            ?? throw new CliException(ExitCode.NotFound, $"There is no job {id} in {invocation.Get(Kind)}.", $"holdfast job list {invocation.Get(Kind)}");
    }

    private static JobKind KindOf(Invocation invocation) => EnumText<JobKind>.TryParse(invocation.Get(Kind), out var kind) ? kind
        : throw new CliException(ExitCode.Usage, $"'{invocation.Get(Kind)}' is none of: {string.Join(", ", EnumText<JobKind>.All)}.");

    private static JsonElement? Json(string? text, string field) => text is null ? null : RememberCommand.JsonOf(field, text);

    internal static string? Time(DateTimeOffset? time) => time?.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);
}

/// <summary>A job as the command line prints it.</summary>
internal sealed record JobItem(Guid Id, string State, long Attempt, long AttemptsMax, string EnqueuedAt, string? RunAfter, string? Worker, string? ClaimedUntil, string? Key, JsonElement Payload, string? Error, JsonElement? Result)
{
    public static JobItem Of(JobInfo job) => new(job.Id, EnumText<JobState>.Of(job.State), job.Attempt, job.AttemptsMax, JobCommand.Time(job.EnqueuedAt)!, JobCommand.Time(job.RunAfter),
        job.Worker, JobCommand.Time(job.ClaimedUntil), job.Key, job.Payload, job.Error, job.Result);
}

/// <summary>A job that was claimed; <c>claim</c> is what <c>complete</c> and <c>fail</c> ask for.</summary>
internal sealed record ClaimItem(Guid Id, string Claim, long Attempt, string Worker, string ClaimedUntil, JsonElement Payload);
