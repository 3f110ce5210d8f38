using Holdfast.Providers;

namespace Holdfast;

/// <summary>
/// A provider did not say what became of a change that must not run twice (compare-and-set, a claim, the application's own
/// SQL). It may have been done: read before you repeat it. Rows of the memory itself never end like this.
/// </summary>
public sealed class UnknownOutcomeException : HoldfastException
{
    internal UnknownOutcomeException(Provider provider, AttemptList attempts)
        : base($"The outcome at {provider.Name} is unknown: it may have been done. Read before you repeat it. {attempts.Text}", attempts.First) =>
        (Provider, Attempts) = (provider, attempts);

    internal Provider Provider { get; }

    internal AttemptList Attempts { get; }
}
