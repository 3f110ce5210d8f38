namespace Holdfast.Providers.Failures;

/// <summary>SQLSTATEs of servers and what they mean for a provider (PostgreSQL's appendix A).</summary>
internal static class SqlStates
{
    /// <summary>The cause, and whether the code alone says that the statement was not started.</summary>
    public static (FailureCause Cause, bool RefusedToStart) Of(string state, string text, AttemptFacts attempt) => state switch
    {
        "28000" or "28P01" or ['2', '8', ..] => (FailureCause.Authentication, true),
        "3D000" => (FailureCause.Configuration, true),
        "53300" => (FailureCause.Saturated, true),
        "57P03" => (FailureCause.Starting, true),
        "57P05" => (FailureCause.Asleep, true),

        "53100" => (FailureCause.DiskFull, false),
        ['5', '8', ..] when text.Contains("No space left", StringComparison.Ordinal) => (FailureCause.DiskFull, false),
        "53200" or "53400" or "53000" => (FailureCause.Saturated, false),
        "25006" => (FailureCause.ReadOnly, false),
        "57014" or "25P03" or "25P04" => (FailureCause.StatementTimeout, false),
        "57P01" or "57P02" => (FailureCause.Starting, false),
        "57P04" => (FailureCause.Configuration, false),
        "40003" => (FailureCause.Down, false),
        "40002" => (attempt.Refused, false),
        ['4', '0', ..] or "55P03" or "55006" or "72000" => (FailureCause.Contention, false),
        // The table was migrated under a plan of ours; the next try plans anew.
        "0A000" when text.Contains("cached plan", StringComparison.Ordinal) => (FailureCause.Contention, false),
        // A prepared statement met another session behind a pooler: preparing must be off there.
        "42P05" or "26000" => (FailureCause.Configuration, false),
        ['0', '8', ..] or ['5', '8', ..] or ['X', 'X', ..] => (FailureCause.Down, false),
        ['F', '0', ..] => (FailureCause.Configuration, false),
        // What is left refuses the statement for what it says: names, types, constraints, privileges, limits, RAISE of a trigger.
        _ => (attempt.Refused, false),
    };
}
