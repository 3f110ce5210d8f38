using Holdfast.Operations.Schema.Sessions;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>A migration ran and failed; the message says what stands and what was rolled back.</summary>
public sealed class MigrationFailedException : HoldfastException
{
    internal MigrationFailedException(string message, PostgresException inner) : base(message, inner) => SqlState = inner.SqlState;

    internal MigrationFailedException(string message, string sqlState = "") : base(message) => SqlState = sqlState;

    /// <summary>The server's code; empty where it was not the server that refused.</summary>
    public string SqlState { get; }

    /// <summary>True when somebody else held a lock for as long as it was tried.</summary>
    public bool IsBlocked => LockRetry.IsLockFailure(SqlState);
}

/// <summary>A rollout stopped at a provider; the message says which are done and which are not.</summary>
public sealed class RolloutStoppedException(string message, Exception inner) : HoldfastException(message, inner);
