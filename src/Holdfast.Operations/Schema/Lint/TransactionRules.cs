namespace Holdfast.Operations.Schema.Lint;

/// <summary>Transactions and limits that are not what the file believes.</summary>
internal static class TransactionRules
{
    public static readonly LintRule[] All =
    [
        new("transaction-nesting", "The file's own BEGIN, COMMIT or ROLLBACK meets another transaction than it means: what runs after it is not undone with the rest.",
            "Leave it out: the runner puts the file in a transaction; '-- holdfast:transaction off' runs it without one.",
            statement => (Opens(statement) && statement.Before.InTransaction) || (Closes(statement) && (statement.Before.IsWrapped || !statement.Before.OwnTransaction)) ? [statement.Words[0]] : []),
        new("ban-uncommitted-transaction", "The file leaves a transaction open: nothing of it is kept, and its locks stay until the session ends.",
            "Leave out BEGIN, or end it with COMMIT.",
            statement => statement.IsLast && statement.Before.After(statement).OwnTransaction ? [statement.Words[0]] : []),
        new("require-lock-timeout", "While it waits for its lock behind a long transaction, everybody else waits behind it.",
            "Leave the limit of the runner as it is (500 ms, and again later), or SET LOCAL lock_timeout = '1s' before it.",
            statement => LockTimeout.IsNeeded(statement) && !statement.Before.HasLockTimeout ? [statement.Words[0]] : []),
    ];

    public static bool Opens(LintedStatement statement) => statement.StartsWith("begin") || statement.StartsWith("start", "transaction");

    public static bool Closes(LintedStatement statement) => statement.StartsWith("commit") || statement.StartsWith("end") || statement.StartsWith("abort")
        || (statement.StartsWith("rollback") && !statement.Words.Any(word => word.Is("to")));
}
