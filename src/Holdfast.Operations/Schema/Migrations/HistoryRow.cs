namespace Holdfast.Operations.Schema.Migrations;

/// <summary>A row of <c>schema_versions</c>.</summary>
/// <param name="Rank">In which order it happened, from 1.</param>
/// <param name="Version">The number; null for a repeatable file.</param>
/// <param name="Description">The file's name in words.</param>
/// <param name="Kind">V, U, R, or B for what was there before (baseline).</param>
/// <param name="Script">The file.</param>
/// <param name="Checksum">Its checksum.</param>
/// <param name="ChainHash">The checksum of the history up to here; of a file that is not ended, which of its statements are done (<see cref="StatementsDone"/>).</param>
/// <param name="State">running, applied, failed, reverted or baseline.</param>
/// <param name="Statements">How many statements the file has.</param>
/// <param name="LastStatement">How many of them are done.</param>
/// <param name="Error">Why it failed; of an applied file: overrides and repairs, with who and why.</param>
/// <param name="AppliedBy">The role.</param>
/// <param name="ToolVersion">The program's version.</param>
/// <param name="Host">The machine.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="LockWaitMs">How long it waited for other migrators and for locks.</param>
/// <param name="DurationMs">How long its statements took.</param>
internal sealed record HistoryRow(
    long Rank, string? Version, string Description, string Kind, string Script, string Checksum, string ChainHash, string State,
    long Statements, long LastStatement, string? Error, string AppliedBy, string ToolVersion, string Host,
    DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, long? LockWaitMs, long? DurationMs)
{
    /// <summary>Counts towards the version and the chain.</summary>
    public bool IsCurrent => Kind is "V" or "B" && State is "applied" or "baseline";

    /// <summary>The highest version that counts, which is not the last one where files were applied out of their order; null: none.</summary>
    public static string? VersionOf(IEnumerable<HistoryRow> rows) => rows.Where(row => row.IsCurrent).MaxBy(row => MigrationVersion.Parse(row.Version!))?.Version;

    public bool IsUnfinished => State is "running" or "failed";
}
