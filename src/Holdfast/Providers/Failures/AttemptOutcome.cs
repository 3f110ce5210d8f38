namespace Holdfast.Providers.Failures;

/// <summary>What is known about a failed attempt: the question that decides whether it may be repeated.</summary>
public enum AttemptOutcome
{
    /// <summary>The server did not get it, or refused to start it.</summary>
    NotExecuted,
    /// <summary>The server undid it.</summary>
    RolledBack,
    /// <summary>It may have been done.</summary>
    Unknown,
}
