using Holdfast.Stores;

namespace Holdfast.Providers.Failures;

internal static class FailureClassifier
{
    public static Failure Classify(Exception error, bool sent, bool ours = true)
    {
        if (error is RowRefusedException or SchemaException) return new(AttemptOutcome.RolledBack, FailureCause.Drift, error.Message, null);
        return new(sent ? AttemptOutcome.Unknown : AttemptOutcome.NotExecuted, FailureCause.Down, error.Message);
    }
}
