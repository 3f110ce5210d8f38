using System.Security.Authentication;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Holdfast.Providers.Failures;

/// <summary>
/// Turns what an attempt threw into the two answers that decide what happens next: may it have been done, and who is to blame.
/// No I/O and no state: the same exception always gives the same answer.
/// </summary>
/// <remarks>
/// An outcome other than <see cref="AttemptOutcome.Unknown"/> is a promise: the rows of such an attempt are not there. Where the
/// exception does not prove it, the answer is Unknown; sending the same rows again is harmless, losing them is not.
/// </remarks>
internal static class FailureClassifier
{
    /// <summary>Classifies a failed attempt.</summary>
    /// <param name="error">What was thrown, wrapped by our own exceptions or not.</param>
    /// <param name="sent">The statement may have reached the server; false: the connection was still being opened.</param>
    /// <param name="ours">The statement was Holdfast's own, so that a refusal of it is drift of the provider; false: the caller's, so that it is the caller's error.</param>
    /// <param name="commits">The statement commits by itself, or is the COMMIT; false: it stands in a transaction whose COMMIT has not been sent.</param>
    public static Failure Classify(Exception error, bool sent, bool ours = true, bool commits = true)
    {
        var attempt = new AttemptFacts(sent, ours, commits);
        return error switch
        {
            AggregateException many => Worst(many, attempt),
            HoldfastException { InnerException: { } inner } => Classify(inner, sent, ours, commits),
            HoldfastException own => OfOurs(own, attempt),
            OperationCanceledException cancelled => OfCancellation(cancelled, attempt),
            PostgresException answer => AnswerFailures.Of(answer, attempt),
            SqliteException local => FileFailures.Of(local, attempt),
            UnauthorizedAccessException denied => new(AttemptOutcome.NotExecuted, FailureCause.Configuration, denied.Message),
            NpgsqlException or IOException or TimeoutException or AuthenticationException or System.Net.Sockets.SocketException => WireFailures.Of(error, attempt),
            ObjectDisposedException => new(attempt.Lost, FailureCause.Cancelled, "The provider was closed by this process while it was being used."),
            InvalidOperationException { InnerException: NpgsqlException inner } => Classify(inner, sent, ours, commits),
            // Npgsql refuses settings and parameters before it sends anything.
            _ => new(sent && ours ? AttemptOutcome.Unknown : AttemptOutcome.NotExecuted, sent ? FailureCause.Caller : FailureCause.Configuration, error.Message),
        };
    }

    // Several attempts in one: what may have been done by one of them may have been done.
    private static Failure Worst(AggregateException many, AttemptFacts attempt) => many.InnerExceptions.Count == 0
        ? new(attempt.Lost, FailureCause.Down, many.Message)
        : many.InnerExceptions.Select(inner => Classify(inner, attempt.Sent, attempt.Ours, attempt.Commits)).MaxBy(failure => failure.Outcome)!;

    private static Failure OfOurs(HoldfastException own, AttemptFacts attempt) => own switch
    {
        SchemaException => new(AttemptOutcome.NotExecuted, FailureCause.Drift, own.Message),
        StoreUnavailableException => new(attempt.Lost, FailureCause.Down, own.Message),
        _ => new(AttemptOutcome.NotExecuted, FailureCause.Caller, own.Message),
    };

    // With the server's own word that it stopped the statement, nothing is unknown any more.
    private static Failure OfCancellation(OperationCanceledException cancelled, AttemptFacts attempt) => new(
        cancelled.InnerException is PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } ? attempt.Undone : attempt.Lost,
        FailureCause.Cancelled, cancelled.Message);
}
