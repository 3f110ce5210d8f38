namespace Holdfast.Providers.Failures;

/// <summary>A failed attempt, classified.</summary>
/// <param name="Outcome">What is known about what it did.</param>
/// <param name="Cause">Why it failed.</param>
/// <param name="Message">What the server or the driver said, without secrets.</param>
/// <param name="SqlState">The SQLSTATE, where the server sent one.</param>
public sealed record Failure(AttemptOutcome Outcome, FailureCause Cause, string Message, string? SqlState = null);
