using Npgsql;

namespace Holdfast.Operations.Access;

/// <summary>What errors of a server say about a change of roles and rights.</summary>
internal static class AccessErrors
{
    /// <summary>Another try may do it: a lock was not had in time, or somebody else changed the same role at this moment.</summary>
    // A managed server answers XX000 for whatever its provider refuses; only PostgreSQL's own text, which is never translated, is about two at once.
    public static bool IsPassing(PostgresException error) => error.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected || IsMadeMeanwhile(error)
        || (error.SqlState == PostgresErrorCodes.InternalError && error.MessageText.StartsWith("tuple concurrently ", StringComparison.Ordinal));

    // Another run has made the same role or schema: the next look finds it.
    private static bool IsMadeMeanwhile(PostgresException error) => error is { SqlState: PostgresErrorCodes.DuplicateObject, Routine: "CreateRole" } or { SqlState: PostgresErrorCodes.DuplicateSchema }
        || (error.SqlState == PostgresErrorCodes.UniqueViolation && error.SchemaName == "pg_catalog");

    /// <summary>The provider keeps a copy of the password (Neon, at the commit: "Neon only supports being given plaintext passwords"), so that it takes no verifier.</summary>
    public static bool AsksForPlaintext(PostgresException error) => error.MessageText.Contains("plaintext password", StringComparison.OrdinalIgnoreCase);

    /// <summary>The server says that it was not done. Behind a FATAL one (shut down, terminated) a commit may have come before.</summary>
    public static bool IsRefusal(PostgresException error) => error.InvariantSeverity == "ERROR";
}

/// <summary>Something must be done by hand, at the provider's console, before the rest can be.</summary>
internal sealed class AccessBlockedException(string target, AccessPlan plan) : HoldfastException(
    $"{target} may not do all of it: {string.Join(" ", plan.Blocking.Select(step => $"\"{step.Sql}\" ({step.Why})."))} Nothing was changed.")
{
    public AccessPlan Plan => plan;
}

/// <summary>Somebody else kept what was to be changed for so long that it was given up; everything was rolled back.</summary>
internal sealed class AccessLockException(string target, int tries, IReadOnlyList<string> blockers, PostgresException inner) : HoldfastException(
    FormattableString.Invariant($"{target}: {inner.MessageText} ({inner.SqlState}), in each of {tries} tries{(blockers.Count > 0 ? $"; {string.Join(", ", blockers)}" : "")}. Everything was rolled back. End that, or run the command again when it has ended."), inner);

/// <summary>The connection broke while a change was made final: it may have been done.</summary>
internal sealed class AccessOutcomeException(string target, SecretsFile? drafted, Exception inner) : HoldfastException(
    $"{target}: the connection broke while the change was made final ({inner.Message}): nobody knows whether it was. "
    + (drafted is null ? "'holdfast access verify' tells; to apply again does no harm." : $"If it was, the new passwords are those in {drafted.Draft} and nowhere else. {drafted.InDoubt} Then apply again."), inner);
