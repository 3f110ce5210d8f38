namespace Holdfast.Providers.Failures;

/// <summary>A text by which a pooler tells what its SQLSTATE does not.</summary>
/// <param name="Text">Part of the message, or the code in parentheses at its start; case does not count.</param>
/// <param name="Cause">What it means.</param>
/// <param name="Forwarded">True: it may come after the statement has gone on to the server.</param>
internal sealed record PoolerMessage(string Text, FailureCause Cause, bool Forwarded = false);
