namespace Holdfast;

/// <summary>What became of a worker's report (complete, fail). None of them is an error; a worker may go on to its next job.</summary>
public enum JobReport
{
    /// <summary>Recorded, while the claim was held.</summary>
    Recorded,
    /// <summary>
    /// A completion, recorded although the claim had been lost: the work is done and nobody else had completed it. Another
    /// worker may be doing it a second time; its completion will be answered <see cref="AlreadyCompleted"/>.
    /// </summary>
    RecordedAfterLoss,
    /// <summary>This attempt was reported before (a retry of the report): nothing was added.</summary>
    AlreadyRecorded,
    /// <summary>Another attempt has completed the job: nothing was added, this result is not kept.</summary>
    AlreadyCompleted,
    /// <summary>A failure, not recorded: the claim was lost, and what becomes of the job is its next holder's to say.</summary>
    ClaimLost,
}
