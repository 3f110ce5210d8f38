using Npgsql;

namespace Holdfast.Providers.Failures;

/// <summary>Errors that a server or a pooler answered with: by SQLSTATE, and by text where poolers use one code for everything.</summary>
internal static class AnswerFailures
{
    public static Failure Of(PostgresException answer, AttemptFacts attempt)
    {
        var (outcome, cause) = OfPooler(answer, attempt) ?? OfServer(answer, attempt);
        return new Failure(outcome, cause, answer.MessageText, answer.SqlState);
    }

    private static (AttemptOutcome, FailureCause)? OfPooler(PostgresException answer, AttemptFacts attempt)
    {
        // A pooler answers XX000 or 08P01 for everything; only its text tells a paused project from a wrong password.
        if (answer.SqlState is not ("XX000" or "08P01" or "08006")) return null;
        if (PoolerMessages.Find(answer.MessageText) is not { } message) return null;
        return (message.Forwarded ? attempt.Lost : AttemptOutcome.NotExecuted, message.Cause);
    }

    private static (AttemptOutcome, FailureCause) OfServer(PostgresException answer, AttemptFacts attempt)
    {
        var (cause, refusedToStart) = SqlStates.Of(answer.SqlState, answer.MessageText, attempt);
        var outcome = answer.SqlState switch
        {
            // "Statement completion unknown" and "transaction resolution unknown": by definition, whatever the severity.
            "40003" or "08007" => attempt.Lost,
            // Sent to sessions that do nothing: an idle one has no statement, one in a transaction has not committed.
            "57P05" => AttemptOutcome.NotExecuted,
            "25P03" or "25P04" => attempt.Undone,
            _ when refusedToStart => AttemptOutcome.NotExecuted,
            // An ERROR, COMMIT's own included, is the server's word that it undid the transaction. A FATAL ends the session, and
            // the session may end between the commit and its answer.
            _ => answer.InvariantSeverity is "FATAL" or "PANIC" ? attempt.Lost : attempt.Undone,
        };
        return (outcome, cause);
    }
}
