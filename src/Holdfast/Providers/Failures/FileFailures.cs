using Microsoft.Data.Sqlite;

namespace Holdfast.Providers.Failures;

/// <summary>Failures of the local file (https://www.sqlite.org/rescode.html). It has no network: what fails was undone, unless the disk itself failed.</summary>
internal static class FileFailures
{
    public static Failure Of(SqliteException error, AttemptFacts attempt)
    {
        var (outcome, cause) = error.SqliteErrorCode switch
        {
            5 or 6 => (attempt.Undone, FailureCause.Contention),
            7 => (attempt.Undone, FailureCause.Saturated),
            8 or 3 => (attempt.Undone, FailureCause.ReadOnly),
            9 => (attempt.Undone, FailureCause.Cancelled),
            13 => (attempt.Undone, FailureCause.DiskFull),
            14 => (AttemptOutcome.NotExecuted, FailureCause.Configuration),
            1 or 17 or 18 or 19 or 20 or 25 => (attempt.Undone, attempt.Refused),
            // I/O error, damaged file, no database: what of a commit reached the disk shows when the file is opened again.
            _ => (attempt.Lost, FailureCause.Down),
        };
        return new Failure(outcome, cause, error.Message);
    }
}
