namespace Holdfast.Providers.Failures;

/// <summary>What the one who attempted knows, and what follows from it for the two ways to fail.</summary>
internal readonly record struct AttemptFacts(bool Sent, bool Ours, bool Commits)
{
    /// <summary>The server said no to the statement.</summary>
    public AttemptOutcome Undone => Sent ? AttemptOutcome.RolledBack : AttemptOutcome.NotExecuted;

    /// <summary>The answer never came. A server that loses a connection undoes what was not committed, so only a commit on its way is in doubt.</summary>
    public AttemptOutcome Lost => !Sent ? AttemptOutcome.NotExecuted : Commits ? AttemptOutcome.Unknown : AttemptOutcome.RolledBack;

    /// <summary>Who is to blame when a statement is refused for what it says.</summary>
    public FailureCause Refused => Ours ? FailureCause.Drift : FailureCause.Caller;
}
