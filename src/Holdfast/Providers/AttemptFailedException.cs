using Holdfast.Providers.Failures;

namespace Holdfast.Providers;

/// <summary>One attempt at one provider failed; the call itself may still succeed elsewhere.</summary>
internal sealed class AttemptFailedException(string provider, Failure failure, TimeSpan took, Exception inner)
    : HoldfastException($"{provider}: {failure.Message}", inner)
{
    public string Provider { get; } = provider;

    public Failure Failure { get; } = failure;

    public TimeSpan Took { get; } = took;

    public bool CountsAgainstProvider => Failure.CountsAgainstProvider;

    /// <summary>True when calls of any kind should stay away; a provider that only refuses our rows can still be read.</summary>
    public bool OpensBreaker => Failure is { CountsAgainstProvider: true, RefusesRowsOnly: false };

    /// <summary>True when not even a second try may be made: some providers ban an address after two wrong passwords.</summary>
    public bool OpensBreakerAtOnce => Failure.Cause == FailureCause.Authentication;
}
